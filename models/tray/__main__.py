"""`python -m tray fit` trains the network, `python -m tray measure` measures a model on trays it has not seen."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from . import export, measure
from .fit import fit
from .scenes import Mix
from .shapes import Surfaces, read_photos, read_pictures

HERE = Path(__file__).parent
PHOTOS = 300
# What a model is measured with.
MIXES = {
    "plain": Mix(),
    "hands": Mix(hands=1.0),
    "bags": Mix(bags=0.6),
    "pushed": Mix(pushed=1.0),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="tray", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("fit", "measure"):
        command = commands.add_parser(name)
        command.add_argument("--photos", type=Path, required=True, help="folder of photos that surfaces are cut from")
        command.add_argument("--pictures", type=Path, required=True, help="npm's emoji-datasource-google as .tgz")
        command.add_argument("--out", type=Path, default=HERE, help="folder of the model")
        command.add_argument("--seed", type=int, default=1 if name == "fit" else 1001)
        if name == "fit":
            command.add_argument("--steps", type=int, default=1600)
            command.add_argument("--hands", type=float, default=0.0, help="share of the trays that a hand reaches over")
            command.add_argument("--bags", type=float, default=0.0, help="share of the things in clear bags")
            command.add_argument("--pushed", type=float, default=0.0, help="share of the trays seen by a pushed camera")
        else:
            command.add_argument("--trays", type=int, default=200)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    surfaces = Surfaces(read_photos(args.photos, PHOTOS, rng), read_pictures(args.pictures))
    if args.command == "measure":
        model = args.out / export.MODEL
        figures = {name: measure.measure(model, surfaces, rng, args.trays, mix) for name, mix in MIXES.items()}
        print(json.dumps(figures, indent=2))
        return
    mix = Mix(args.hands, args.bags, args.pushed)
    fitted = fit(surfaces, mix, args.seed, args.steps)
    args.out.mkdir(parents=True, exist_ok=True)
    recipe = {"seed": args.seed, "steps": args.steps, "photos": len(surfaces.photos), **asdict(mix)}
    export.write(fitted, args.out, recipe, args.pictures)


if __name__ == "__main__":
    main()
