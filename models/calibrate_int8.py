#!/usr/bin/env python3
"""Calibrates the activation ranges of the int8 model on a folder of photos; labels are not used.

Needs requirements-dev.txt. Writes ranges/MODEL.json with its provenance. Afterwards fit the projection again
(fit_projection.py) and pin the new files (`cargo xtask model --pin`).
"""

import argparse
import hashlib
import sys
from pathlib import Path

from tillmodel.calibration import calibrated_ranges, spread_over
from tillmodel.photos import DatasetError, find_photos
from tillmodel.ranges import save_ranges
from tillmodel.recipes import RECIPES, recipe, sha256
from tillmodel.weights import load_weights

INT8_MODELS = [candidate.name for candidate in RECIPES if candidate.precision == "int8"]


def main() -> int:
    arguments = parse_arguments()
    chosen = recipe(arguments.model)
    photos = find_photos(arguments.dataset, arguments.split)
    paths = spread_over(photos.paths, arguments.photos)
    tensors = load_weights(chosen.weights)
    ranges = calibrated_ranges(tensors, chosen.variant, chosen.side, paths)
    listing = "\n".join(str(path.relative_to(arguments.dataset)) for path in paths)
    provenance = {
        "model": chosen.stem,
        "weights_sha256": sha256(chosen.weights),
        "dataset": arguments.dataset_name or arguments.dataset.resolve().name,
        "split": arguments.split,
        "photos": len(paths),
        "photo_list_sha256": hashlib.sha256(listing.encode()).hexdigest(),
        "command": f"python calibrate_int8.py --model {chosen.name} --dataset DIR --split {arguments.split} "
        f"--photos {arguments.photos}",
    }
    save_ranges(arguments.out or chosen.ranges, ranges, provenance)
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=INT8_MODELS[0], choices=INT8_MODELS)
    parser.add_argument(
        "--dataset", type=Path, required=True, help="GroceryStoreDataset layout, or one folder per product"
    )
    parser.add_argument("--split", default="train", help="the split to calibrate on (default: train)")
    parser.add_argument("--dataset-name", help="name written into the provenance (default: the folder's)")
    parser.add_argument("--photos", type=int, default=256, help="how many photos to use (default: 256)")
    parser.add_argument("--out", type=Path, help="the .json to write (default: the shipped model's)")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (DatasetError, ValueError, OSError) as error:
        sys.exit(f"error: {error}")
