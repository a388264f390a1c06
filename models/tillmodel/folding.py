"""Folds batch norm into the convolution before it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tillmodel.architecture import BATCH_NORM_EPSILON, Conv, Layer
from tillmodel.weights import Tensors, WeightsError

BATCH_NORM_TENSORS = ("weight", "bias", "running_mean", "running_var")
# Tensors a file may hold that an embedding does not use: step counters and the ImageNet classifier.
UNUSED_SUFFIXES = ("num_batches_tracked",)
UNUSED_PREFIXES = ("_fc.",)


class Folded(NamedTuple):
    """Weights [out, in / groups, k, k] and bias [out], float64."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]


def fold(tensors: Tensors, layer: Conv) -> Folded:
    """The convolution's weights and bias with its batch norm folded in.

    Every operation is element by element in float64, so that the same file gives the same bits on any machine.
    """
    weights = tensors[f"{layer.weights}.weight"].astype(np.float64)
    gamma, beta, mean, variance = (
        tensors[f"{layer.batch_norm}.{name}"].astype(np.float64) for name in BATCH_NORM_TENSORS
    )
    gain = gamma / np.sqrt(variance + BATCH_NORM_EPSILON)
    return Folded(weights * gain[:, None, None, None], beta - mean * gain)


def check_complete(tensors: Tensors, layers: list[Layer]) -> None:
    """Raises WeightsError unless the file holds exactly the tensors the layers ask for."""
    wanted = set()
    for layer in layers:
        if isinstance(layer, Conv):
            wanted.add(f"{layer.weights}.weight")
            wanted.update(f"{layer.batch_norm}.{name}" for name in BATCH_NORM_TENSORS)
    held = {key for key in tensors if not key.endswith(UNUSED_SUFFIXES) and not key.startswith(UNUSED_PREFIXES)}
    if wanted != held:
        missing, unknown = sorted(wanted - held), sorted(held - wanted)
        raise WeightsError(f"the weights are of another network: missing {missing[:3]}, not expected {unknown[:3]}")
