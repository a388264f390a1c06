#!/usr/bin/env python3
"""Measures what 8 bits cost: the int8 model against the same network in float32, each with its own projection.

Both projections are fitted on one split and both are asked about another; prints one JSON line with the accuracy of
each and the cosine between their features. Needs requirements-dev.txt.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from tillmodel.build import build_model, build_shipped
from tillmodel.head import EMBEDDED
from tillmodel.photos import DatasetError, Photos, find_photos
from tillmodel.projection import DIMENSION, SHRINKAGE, fit_projection, unit_length
from tillmodel.recipes import RECIPES, recipe
from tillmodel.scoring import prototype_accuracy
from tillmodel.session import open_session, run_photos
from tillmodel.weights import load_weights

INT8_MODELS = [candidate.name for candidate in RECIPES if candidate.precision == "int8"]


def main() -> int:
    arguments = parse_arguments()
    chosen = recipe(arguments.model)
    fitted, asked = find_photos(arguments.dataset, arguments.fit), find_photos(arguments.dataset, arguments.query)
    tensors = load_weights(chosen.weights)
    models = {
        "fp32": build_model(tensors, chosen.variant, chosen.side),
        "int8": build_shipped(chosen, with_projection=False),
    }
    features = {name: (features_of(model, fitted), features_of(model, asked)) for name, model in models.items()}
    report: dict[str, Any] = {"model": chosen.stem, "fit": arguments.fit, "query": arguments.query}
    for name, (fit_features, query_features) in features.items():
        report[name] = accuracy(fit_features, fitted, query_features, asked)
    cosines = (unit_length(features["fp32"][1]) * unit_length(features["int8"][1])).sum(axis=1)
    report["feature_cosine"] = {"mean": round(float(cosines.mean()), 4), "smallest": round(float(cosines.min()), 4)}
    print(json.dumps(report))
    return 0


def features_of(model: onnx.ModelProto, photos: Photos) -> NDArray[np.float32]:
    """The features a projection is fitted on."""
    return run_photos(open_session(model.SerializeToString()), photos.paths, [EMBEDDED])[0]


def accuracy(
    fit_features: NDArray[np.float32], fitted: Photos, query_features: NDArray[np.float32], asked: Photos
) -> dict[str, float]:
    """Fits a projection, enrols what it was fitted on, and asks about the others."""
    projection = fit_projection(fit_features, fitted.fine, SHRINKAGE, DIMENSION)
    coarse_of_fine = dict(zip(fitted.fine.tolist(), fitted.coarse.tolist(), strict=True))
    found = prototype_accuracy(
        projection.apply(fit_features),
        fitted.fine,
        projection.apply(query_features),
        asked.fine,
        asked.coarse,
        coarse_of_fine,
    )
    return {name: round(value, 4) for name, value in dataclasses.asdict(found).items()}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=INT8_MODELS[0], choices=INT8_MODELS)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--fit", default="train", help="the split to fit and enrol (default: train)")
    parser.add_argument("--query", default="val", help="the split to ask about (default: val)")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (DatasetError, ValueError, OSError) as error:
        sys.exit(f"error: {error}")
