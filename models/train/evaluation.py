"""Every figure of a trained network, in one place and from its pooled features alone.

A projection (within-class covariance normalisation, `tillmodel.projection`) is fitted anew on the features of
the photos that were trained on, a product is the mean of its enrolled embeddings, and the answer is the nearest.
"""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from tillmodel.photos import Photos
from tillmodel.projection import DIMENSION, SHRINKAGE, fit_projection, unit_length
from tillmodel.scoring import prototype_accuracy
from train.corruption import MEASURED

SHOTS = (1, 5, 20)
DRAWS = 100

Vectors = NDArray[np.floating]
Figures = dict[str, float]


def closed_set(enrolled: Vectors, enrolled_photos: Photos, asked: dict[str, Vectors], asked_photos: Photos) -> dict:
    """Accuracy of each variant of the `asked` photos (clean, spoilt) among all enrolled products."""
    projection = fit_projection(enrolled, enrolled_photos.fine, SHRINKAGE, DIMENSION)
    gallery = projection.apply(enrolled)
    coarse_of_fine = dict(zip(enrolled_photos.fine.tolist(), enrolled_photos.coarse.tolist(), strict=True))
    figures = {}
    for name, vectors in asked.items():
        found = prototype_accuracy(
            gallery,
            enrolled_photos.fine,
            projection.apply(vectors),
            asked_photos.fine,
            asked_photos.coarse,
            coarse_of_fine,
        )
        figures[name] = rounded(dataclasses.asdict(found))
    return figures


def unseen_products(
    vectors: Vectors, fine: NDArray[np.int64], is_val: NDArray[np.bool_], trained: NDArray[np.int64]
) -> Figures:
    """`k_shot` for each k of SHOTS on the products that are not `trained`, averaged over random draws.

    k photos of each product are enrolled (one less than it has, where it has no more) and all its others asked about.
    `k_shot_across` draws from the train photos and asks about val ones only: other days and shelves.
    """
    learnt = np.isin(fine, trained)
    projection = fit_projection(vectors[learnt & ~is_val], fine[learnt & ~is_val], SHRINKAGE, DIMENSION)
    embeddings = projection.apply(vectors[~learnt])
    labels, val = fine[~learnt], is_val[~learnt]
    figures = {}
    for shots in SHOTS:
        random = np.random.default_rng([shots, 7])
        anywhere = [few_shot(embeddings, labels, shots, random) for _ in range(DRAWS)]
        across = [few_shot(embeddings, labels, shots, random, ~val, val) for _ in range(DRAWS)]
        figures |= {f"{shots}_shot": float(np.mean(anywhere)), f"{shots}_shot_across": float(np.mean(across))}
    return rounded(figures)


def few_shot(
    embeddings: Vectors,
    labels: NDArray[np.int64],
    shots: int,
    random: np.random.Generator,
    from_these: NDArray[np.bool_] | None = None,
    about_these: NDArray[np.bool_] | None = None,
) -> float:
    """Top-1 of one draw: enrolled out of `from_these` (default: all), asked about the rest of `about_these`."""
    drawn = np.zeros(len(labels), bool)
    classes = np.unique(labels)
    for label in classes:
        candidates = np.flatnonzero(labels == label if from_these is None else (labels == label) & from_these)
        drawn[random.permutation(candidates)[: min(shots, len(candidates) - 1)]] = True
    prototypes = unit_length(np.stack([embeddings[drawn & (labels == label)].mean(axis=0) for label in classes]))
    asked = ~drawn if about_these is None else ~drawn & about_these
    answers = classes[(embeddings[asked] @ prototypes.T).argmax(axis=1)]
    return float((answers == labels[asked]).mean())


def spoilt(inputs: NDArray[np.uint8]) -> dict[str, NDArray[np.uint8]]:
    """The inputs [photos, side, side, 3] under each corruption of `MEASURED`; the same every time."""
    made = {}
    for name, spoil in MEASURED.items():
        random = np.random.default_rng(11)
        others = np.roll(np.arange(len(inputs)), len(inputs) // 2)
        made[name] = np.stack(
            [spoil(picture, inputs[other], random) for picture, other in zip(inputs, others, strict=True)]
        )
    return made


def rounded(figures: Figures) -> Figures:
    """Four decimals, as reports give them."""
    return {name: round(value, 4) for name, value in figures.items()}
