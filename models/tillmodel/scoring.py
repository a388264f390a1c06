"""How well embeddings tell products apart: nearest class prototype by cosine."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tillmodel.projection import unit_length


@dataclass(frozen=True)
class Accuracy:
    """Shares of queries, 0 to 1."""

    top1: float
    top3: float
    top5: float
    coarse_top1: float
    queries: int


def prototype_accuracy(
    enrolled: NDArray[np.floating[Any]],
    enrolled_fine: NDArray[np.int64],
    queries: NDArray[np.floating[Any]],
    fine: NDArray[np.int64],
    coarse: NDArray[np.int64],
    coarse_of_fine: dict[int, int],
) -> Accuracy:
    """Ranks classes by the cosine of a query with the mean of the class's enrolled embeddings."""
    classes = np.unique(enrolled_fine)
    prototypes = unit_length(np.stack([enrolled[enrolled_fine == label].mean(axis=0) for label in classes]))
    ranked = classes[np.argsort(-(queries @ prototypes.T), axis=1)]
    hits = ranked == fine[:, None]
    coarse_first = np.array([coarse_of_fine[int(label)] for label in ranked[:, 0]])
    return Accuracy(
        top1=float(hits[:, 0].mean()),
        top3=float(hits[:, :3].any(axis=1).mean()),
        top5=float(hits[:, :5].any(axis=1).mean()),
        coarse_top1=float((coarse_first == coarse).mean()),
        queries=len(queries),
    )
