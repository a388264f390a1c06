"""The learnt projection from 1280 features to the embedding: how it is fitted, kept and read.

Within-class covariance normalisation (Hatch, Kajarekar and Stolcke, Interspeech 2006): directions in which photos of
one product differ from each other are shrunk, so that what is left tells products apart. Then the directions with the
greatest spread are kept, as in linear discriminant analysis.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Chosen on class-disjoint runs (train/README.md): products that were trained on need some 80 directions, others more.
SHRINKAGE, DIMENSION = 0.4, 384


@dataclass(frozen=True)
class Projection:
    """`unit features @ weights + offset`, then unit length. Weights [1280, d] and offset [d]."""

    weights: NDArray[np.floating[Any]]
    offset: NDArray[np.floating[Any]]

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return int(self.weights.shape[1])

    def apply(self, features: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """Embeddings of raw features, as the graph computes them."""
        return unit_length(unit_length(features) @ self.weights.astype(np.float32) + self.offset.astype(np.float32))


def unit_length(vectors: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Each row divided by its length."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def fit_projection(
    features: NDArray[np.floating[Any]], labels: NDArray[np.int64], shrinkage: float, dimension: int
) -> Projection:
    """Fits on raw features [photos, 1280]. `shrinkage` mixes the within-class covariance with a round one (0 to 1).

    Raises ValueError when no class has two photos, or when more directions are asked for than there are features.
    """
    unit = unit_length(features.astype(np.float64))
    classes, of_class = np.unique(labels, return_inverse=True)
    if len(classes) < 2 or len(classes) == len(labels):
        raise ValueError("a projection needs at least two classes and at least one class with two photos")
    if not 0 < dimension <= unit.shape[1]:
        raise ValueError(f"cannot keep {dimension} of {unit.shape[1]} directions")
    class_means = np.stack([unit[of_class == index].mean(axis=0) for index in range(len(classes))])
    residual = unit - class_means[of_class]
    within = residual.T @ residual / len(unit)
    size = len(within)
    within = (1 - shrinkage) * within + shrinkage * np.trace(within) / size * np.eye(size)
    values, vectors = np.linalg.eigh(within)
    whitening = vectors / np.sqrt(values)
    mean = unit.mean(axis=0)
    whitened = (unit - mean) @ whitening
    _, directions = np.linalg.eigh(whitened.T @ whitened / len(whitened))
    weights = whitening @ directions[:, ::-1][:, :dimension]
    # The embedding is scaled to unit length afterwards, so a common factor is free: keep float16 well inside its range.
    kept = (weights / np.abs(weights).max()).astype(np.float16)
    return Projection(kept, (-(mean @ kept.astype(np.float64))).astype(np.float32))


def save_projection(path: Path, projection: Projection, provenance: dict[str, Any]) -> None:
    """Writes `path` (.npz) and its provenance beside it (.json)."""
    np.savez(path, weights=projection.weights, offset=projection.offset)
    note = provenance | {"projection_sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(note, indent=2) + "\n")


def load_projection(path: Path) -> Projection:
    """Reads what `save_projection` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return Projection(arrays["weights"], arrays["offset"])
