#!/usr/bin/env python3
"""Fits the projection (1280 features to an embedding) of a shipped model on a folder of labelled photos.

Needs requirements-dev.txt. Writes projections/MODEL.npz and, beside it, where it came from and which photos it has
seen: those of the weights it is for, and these. Then pin the model that is made with it (`cargo xtask model --pin`).
"""

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np

from tillmodel.build import build_shipped
from tillmodel.head import EMBEDDED
from tillmodel.photos import DatasetError, Photos, find_photos
from tillmodel.projection import DIMENSION, SHRINKAGE, fit_projection, save_projection
from tillmodel.recipes import RECIPES, recipe, sha256
from tillmodel.seen import load_names, photo_names, save_names
from tillmodel.session import open_session, run_photos


def main() -> int:
    arguments = parse_arguments()
    chosen = recipe(arguments.model)
    photos = find_photos(arguments.dataset, arguments.split)
    model = build_shipped(chosen, with_projection=False).SerializeToString(deterministic=True)
    print(
        f"{len(photos.paths)} photos of {len(np.unique(photos.fine))} products through {chosen.stem}", file=sys.stderr
    )
    (features,) = run_photos(open_session(model), photos.paths, [EMBEDDED])
    projection = fit_projection(features, photos.fine, arguments.shrinkage, arguments.dimension)
    out = arguments.out or chosen.projection
    save_projection(out, projection, provenance(arguments, photos))
    seen = load_names(chosen.projection.with_suffix(".photos"))
    save_names(out.with_suffix(".photos"), {*seen, *photo_names(photos.paths)})
    print(f"wrote {out}", file=sys.stderr)
    return 0


def provenance(arguments: argparse.Namespace, photos: Photos) -> dict[str, object]:
    """What a reader needs to make the file again and to know what it has seen."""
    chosen = recipe(arguments.model)
    listing = "\n".join(sorted(str(path.relative_to(arguments.dataset)) for path in photos.paths))
    return {
        "model": chosen.stem,
        "weights_sha256": sha256(chosen.weights),
        "method": "within-class covariance normalisation, directions of greatest spread kept",
        "shrinkage": arguments.shrinkage,
        "dimension": arguments.dimension,
        "dataset": arguments.dataset_name or arguments.dataset.resolve().name,
        "split": arguments.split,
        "photos": len(photos.paths),
        "products": len(np.unique(photos.fine)),
        "photo_list_sha256": hashlib.sha256(listing.encode()).hexdigest(),
        "command": f"python fit_projection.py --model {chosen.name} --dataset DIR --split {arguments.split} "
        f"--shrinkage {arguments.shrinkage} --dimension {arguments.dimension}",
    }


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, choices=[candidate.name for candidate in RECIPES])
    parser.add_argument(
        "--dataset", type=Path, required=True, help="GroceryStoreDataset layout, or one folder per product"
    )
    parser.add_argument("--split", default="train", help="the split to fit on (default: train)")
    parser.add_argument("--dataset-name", help="name written into the provenance (default: the folder's)")
    parser.add_argument("--shrinkage", type=float, default=SHRINKAGE)
    parser.add_argument("--dimension", type=int, default=DIMENSION)
    parser.add_argument("--out", type=Path, help="the .npz to write (default: the shipped model's)")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (DatasetError, ValueError, OSError) as error:
        sys.exit(f"error: {error}")
