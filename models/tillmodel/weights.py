"""The trained weights as they are kept: one `.npz`, kernels in 16 bits, batch norm in 32."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Arrays by the names that the network's first publisher gave them.
Tensors = dict[str, NDArray[Any]]


class WeightsError(Exception):
    """A file does not hold the tensors it should; the message says what was found."""


def kept_weights(tensors: Tensors) -> Tensors:
    """Convolution kernels rounded to 16 bits, which is most of the file; batch norm needs the range of 32."""
    return {name: value.astype(np.float16 if value.ndim == 4 else np.float32) for name, value in tensors.items()}


def save_weights(path: Path, tensors: Tensors) -> None:
    """Writes tensors that `kept_weights` has rounded; the same tensors make the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **tensors)


def load_weights(path: Path) -> Tensors:
    """Reads what `save_weights` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}
