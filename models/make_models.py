#!/usr/bin/env python3
"""Makes the ONNX files of the shipped models. `cargo xtask model` calls this in its private environment.

Needs numpy and onnx. Prints one JSON line per file: its entry in manifest.json.
"""

import argparse
import json
import sys
from pathlib import Path

import onnx

from tillmodel.build import build_shipped
from tillmodel.recipes import RECIPES, Recipe, recipe, sha256
from tillmodel.weights import WeightsError


def main() -> int:
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.model or [candidate.name for candidate in RECIPES]:
        chosen = recipe(name)
        model = build_shipped(chosen, in_float=arguments.float)
        path = arguments.out / (f"{chosen.name}-{chosen.side}-fp32.onnx" if arguments.float else chosen.file)
        path.write_bytes(model.SerializeToString(deterministic=True))
        print(json.dumps(description(chosen, model, path)), flush=True)
    return 0


def description(chosen: Recipe, model: onnx.ModelProto, path: Path) -> dict[str, str | int | bool]:
    """The model's entry in manifest.json."""
    digest = sha256(path)
    return {
        "name": chosen.name,
        "version": f"{chosen.stem}.{digest[:12]}",
        "file": path.name,
        "sha256": digest,
        "bytes": path.stat().st_size,
        "input_side": chosen.side,
        "embedding_dim": model.graph.output[0].type.tensor_type.shape.dim[1].dim_value,
        "default": chosen.default,
    }


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder the ONNX files are written to")
    parser.add_argument(
        "--model", action="append", choices=[candidate.name for candidate in RECIPES], help="only this one"
    )
    parser.add_argument("--float", action="store_true", help="in float32: what `tillsight bench --reference` takes")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (WeightsError, OSError) as error:
        sys.exit(f"error: {error}")
