"""`python -m train fit | evaluate | export | manifest | trials`, run in the folder `models`."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch

from tillmodel.photos import DatasetError, Photos
from tillmodel.recipes import recipe
from train.data import class_split, decode, folds, photo_hashes, read_splits
from train.export import PRECISIONS, export
from train.fitting import fit
from train.manifest import BUILT, write_manifest
from train.reports import figures, onnx_extractor, run_extractor, untrained_extractor, untrained_figures
from train.runs import DEFAULTS, Model, Options, load_run, open_log, save_run
from train.trials import write_trials
from train.untrained import SourceError

# Chosen on class-disjoint runs and val: of 1, products that were not trained on are known less well.
TRAINED_SHARE = 0.6
WHEELS = Path.home() / ".cache/tillsight/wheels"


def main() -> int:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    return arguments.command(arguments)


def run_fit(arguments: argparse.Namespace) -> int:
    options = fit_options(arguments)
    arguments.out.mkdir(parents=True, exist_ok=True)
    photos = training_photos(options, arguments.dataset)
    (arguments.out / "photos.sha256").write_text("".join(f"{digest}\n" for digest in sorted(photo_hashes(photos))))
    log = open_log(arguments.out / "fit.log")
    log(f"options {options}")
    started = time.monotonic()
    classes = np.unique(photos.fine).tolist()
    notes = {"photos": len(photos.paths), "torch": torch.__version__, "finished": False}

    def checkpoint(model: Model) -> None:
        save_run(arguments.out, options, model, classes, notes | {"seconds": round(time.monotonic() - started)})

    model, _ = fit(options, decode(photos), arguments.wheels, log, checkpoint)
    notes["finished"] = True
    checkpoint(model)
    return 0


def run_evaluate(arguments: argparse.Namespace) -> int:
    if arguments.untrained:
        extract = untrained_extractor(arguments.untrained, arguments.wheels)
        found = untrained_figures(recipe(arguments.untrained).side, extract, arguments.dataset, arguments.splits)
    elif arguments.run is None:
        raise ValueError("name a run's folder, or --untrained MODEL")
    else:
        options, extract = run_extractor(arguments.run, arguments.share, arguments.wheels)
        if arguments.onnx:
            extract = onnx_extractor(arguments.onnx)
        found = figures(options, extract, arguments.dataset)
        name = f"figures-{arguments.onnx.stem if arguments.onnx else arguments.share}.json"
        (arguments.run / name).write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found) if arguments.json else table(found))
    return 0


def run_export(arguments: argparse.Namespace) -> int:
    options, _, _ = load_run(arguments.run)
    photos = training_photos(options, arguments.dataset)
    log = open_log(arguments.run / "export.log")
    precision, share = arguments.precision, arguments.share
    export(arguments.run, options, share, photos, precision, arguments.out, arguments.wheels, log)
    return write_listing(arguments.out / "built", arguments.built)


def run_manifest(arguments: argparse.Namespace) -> int:
    return write_listing(arguments.out, arguments.built)


def write_listing(folder: Path, built: Path) -> int:
    names = write_manifest(folder, built)
    print(f"`tillsight --models {folder} eval images --model NAME` measures {', '.join(names)}", file=sys.stderr)
    return 0


def run_trials(arguments: argparse.Namespace) -> int:
    print(f"wrote {write_trials(arguments.exports, arguments.dataset, arguments.out)}", file=sys.stderr)
    return 0


def table(found: dict, indent: str = "") -> str:
    """Nested figures for reading: one line for each innermost group."""
    lines = []
    for name, value in found.items():
        if all(isinstance(inner, int | float) for inner in value.values()):
            lines.append(f"{indent}{name}: " + "  ".join(f"{key} {inner:.4g}" for key, inner in value.items()))
        else:
            lines += [f"{indent}{name}", table(value, indent + "  ")]
    return "\n".join(lines)


def fit_options(arguments: argparse.Namespace) -> Options:
    chosen = DEFAULTS[arguments.model] | {
        name: value
        for name in ("learning_rate", "margin", "scale", "frozen", "plan", "imitation", "poolings")
        if (value := getattr(arguments, name)) is not None
    }
    return Options(
        model=arguments.model,
        teacher=str(arguments.teacher) if arguments.teacher else None,
        classes_split=arguments.classes_split,
        fold=arguments.fold,
        with_val=arguments.with_val,
        seed=arguments.seed,
        **chosen,
    )


def training_photos(options: Options, dataset: Path) -> Photos:
    """The photos a run may learn from."""
    photos = read_splits(dataset, ["train", "val"] if options.with_val or options.fold else ["train"])
    if options.fold is not None:
        held_out, count = options.fold
        photos = photos.only(folds(photos, count) != held_out)
    if options.classes_split is not None:
        trained, _ = class_split(photos.fine, options.classes_split)
        photos = photos.only(np.isin(photos.fine, trained))
    return photos


def plan(text: str) -> tuple[tuple[int, int], ...]:
    """`192x8,260x8`: eight epochs at a side of 192 pixels, then eight at 260."""
    return tuple((int(side), int(epochs)) for side, epochs in (step.split("x") for step in text.split(",")))


def fold(text: str) -> tuple[int, int]:
    """`0/5`: leave out the first of five folds."""
    index, count = (int(part) for part in text.split("/"))
    if not 0 <= index < count:
        raise argparse.ArgumentTypeError(f"expected a fold from 0/{count} to {count - 1}/{count}, found `{text}`")
    return index, count


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m train", description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="default: one per core")
    commands = parser.add_subparsers(required=True)
    fitting = commands.add_parser("fit", help="fine-tune a network")
    fitting.set_defaults(command=run_fit)
    fitting.add_argument("--model", required=True, choices=sorted(DEFAULTS))
    fitting.add_argument("--dataset", type=Path, required=True, help="GroceryStoreDataset layout")
    fitting.add_argument("--out", type=Path, required=True, help="the run's folder")
    fitting.add_argument("--classes-split", type=int, help="train on the 40 classes of this split only")
    fitting.add_argument("--fold", type=fold, metavar="I/K", help="train on train + val without fold I of K")
    fitting.add_argument("--with-val", action="store_true", help="train on train + val: for what ships")
    fitting.add_argument("--teacher", type=Path, metavar="RUN", help="learn from this run's answers as well")
    fitting.add_argument("--seed", type=int, default=0)
    fitting.add_argument("--plan", type=plan, metavar="SIDExEPOCHS,...")
    fitting.add_argument("--frozen", type=int, help="blocks that keep their weights")
    fitting.add_argument("--poolings", type=lambda text: tuple(text.split(",")), metavar="KIND,...")
    fitting.add_argument("--learning-rate", type=float)
    fitting.add_argument("--margin", type=float)
    fitting.add_argument("--scale", type=float)
    fitting.add_argument("--imitation", type=float, help="weight of the teacher")
    fitting.add_argument("--wheels", type=Path, default=WHEELS)
    evaluating = commands.add_parser("evaluate", help="measure a run on what it has not seen")
    evaluating.set_defaults(command=run_evaluate)
    evaluating.add_argument("run", type=Path, nargs="?", metavar="RUN")
    evaluating.add_argument("--untrained", choices=sorted(DEFAULTS), help="measure the ImageNet weights instead")
    evaluating.add_argument("--onnx", type=Path, help="the run's exported graph instead of its weights")
    evaluating.add_argument("--splits", type=int, nargs="+", default=[0, 1, 2], help="of --untrained")
    evaluating.add_argument("--dataset", type=Path, required=True)
    evaluating.add_argument("--json", action="store_true", help="one line of JSON instead of a table")
    evaluating.add_argument("--wheels", type=Path, default=WHEELS)
    exporting = commands.add_parser("export", help="write a run as ONNX graphs with the shipped interface")
    exporting.set_defaults(command=run_export)
    exporting.add_argument("run", type=Path, metavar="RUN")
    exporting.add_argument("--dataset", type=Path, required=True, help="what the run was trained on")
    exporting.add_argument("--out", type=Path, required=True)
    exporting.add_argument("--wheels", type=Path, default=WHEELS)
    listing = commands.add_parser("manifest", help="make a folder of exported graphs one that `tillsight` opens")
    listing.set_defaults(command=run_manifest)
    listing.add_argument("out", type=Path, metavar="FOLDER", help="what holds the graphs: `built` of an export")
    for command in (exporting, listing):
        command.add_argument(
            "--built", type=Path, default=BUILT, help="the folder with ONNX Runtime, made by `cargo xtask model`"
        )
    trying = commands.add_parser(
        "trials", help="write how runs do with photos they have not seen, for the model to carry"
    )
    trying.set_defaults(command=run_trials)
    trying.add_argument("exports", type=Path, nargs="+", metavar="EXPORT", help="what `export` wrote of such a run")
    trying.add_argument("--dataset", type=Path, required=True)
    trying.add_argument("--out", type=Path, required=True, help="the folder that gets `trials/MODEL.json`")
    for command in (evaluating, exporting):
        command.add_argument(
            "--share", type=float, default=TRAINED_SHARE, help="of the way from ImageNet's weights to the trained ones"
        )
    exporting.add_argument("--precision", choices=PRECISIONS, default=PRECISIONS[0])
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (DatasetError, SourceError, ValueError, OSError) as error:
        sys.exit(f"error: {error}")
