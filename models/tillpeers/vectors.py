"""Reads vectors from disk."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class VectorsError(Exception):
    """The file does not hold rows of float32."""


def load_vectors(path: Path, dimension: int) -> NDArray[np.float32]:
    """Rows [n, d] from a .npy file, or from raw little-endian float32 of the given dimension."""
    if path.suffix == ".npy":
        rows = np.load(path, allow_pickle=False)
        if rows.ndim != 2:
            raise VectorsError(f"`{path}` has shape {rows.shape}, expected rows of vectors")
    else:
        values = np.fromfile(path, "<f4")
        if dimension < 1 or values.size % dimension != 0:
            raise VectorsError(f"`{path}` holds {values.size} numbers, which is no whole count of rows of {dimension}")
        rows = values.reshape(-1, dimension)
    if len(rows) == 0:
        raise VectorsError(f"`{path}` holds no vectors")
    return np.ascontiguousarray(rows, np.float32)
