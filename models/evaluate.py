#!/usr/bin/env python3
"""Measures a model on labelled photos: enrols one split, asks about another, prints one JSON line.

A product is the mean of its enrolled embeddings; the answer is the product with the greatest cosine. This is a check
of the model alone. The till's own figures, with its index and its calibration, come from `tillsight eval images`.
Needs requirements-dev.txt.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from tillmodel.photos import DatasetError, find_photos
from tillmodel.scoring import prototype_accuracy
from tillmodel.session import open_session, run_photos


def main() -> int:
    arguments = parse_arguments()
    session = open_session(arguments.model, arguments.threads)
    enrolled, queries = (find_photos(arguments.dataset, split) for split in (arguments.enrol, arguments.query))
    (enrolled_embeddings,) = run_photos(session, enrolled.paths, ["embedding"])
    (query_embeddings,) = run_photos(session, queries.paths, ["embedding"])
    coarse_of_fine = dict(zip(enrolled.fine.tolist(), enrolled.coarse.tolist(), strict=True))
    accuracy = prototype_accuracy(
        enrolled_embeddings, enrolled.fine, query_embeddings, queries.fine, queries.coarse, coarse_of_fine
    )
    figures = {name: round(value, 4) for name, value in dataclasses.asdict(accuracy).items()}
    print(json.dumps({"model": arguments.model.name, "enrol": arguments.enrol, "query": arguments.query} | figures))
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="an ONNX file of models/built")
    parser.add_argument(
        "--dataset", type=Path, required=True, help="GroceryStoreDataset layout, or splits of one folder per product"
    )
    parser.add_argument("--enrol", default="train", help="the split to enrol (default: train)")
    parser.add_argument("--query", default="val", help="the split to ask about (default: val)")
    parser.add_argument("--threads", type=int, default=0, help="default: one per core")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (DatasetError, OSError) as error:
        sys.exit(f"error: {error}")
