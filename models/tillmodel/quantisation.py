"""Affine 8-bit quantisation: real = scale * (stored - zero_point). All arithmetic is element by element in float64."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

WEIGHT_MAX = 127
# x86 processors without VNNI multiply 8-bit activations (0 to 255) with weights and add the products in pairs into 16
# signed bits, where 255 * (a + b) saturates beyond a + b = 128. One less leaves room for the rounding of a and of b.
PAIR_MAX = 127
ACTIVATION_MAX = 255
BIAS_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class Activation:
    """How a layer's output is stored in uint8."""

    scale: np.float32
    zero_point: np.uint8


class QuantisedWeights(NamedTuple):
    """Weights int8 [out, in / groups, k, k], symmetric, with one scale per output channel."""

    values: NDArray[np.int8]
    scales: NDArray[np.float32]


def activation_for(low: float, high: float) -> Activation:
    """Storage for values from `low` to `high`; zero is always exactly representable, because padding is zero."""
    low, high = min(low, 0.0), max(high, 0.0)
    if high == low:
        raise ValueError("a range of one value cannot be quantised")
    scale = np.float32((high - low) / ACTIVATION_MAX)
    return Activation(scale, np.uint8(np.clip(np.rint(-low / np.float64(scale)), 0, ACTIVATION_MAX)))


def quantise_weights(weights: NDArray[np.float64]) -> QuantisedWeights:
    """Each output channel gets the finest scale that keeps every processor's arithmetic exact.

    Kernels walk the inputs of an output channel pixel by pixel, channels innermost, and pair what stands side by side.
    Depthwise kernels add in 32 bits and pair nothing.
    """
    rows = weights.transpose(0, 2, 3, 1).reshape(len(weights), -1)
    finest = np.abs(rows).max(axis=1) / WEIGHT_MAX
    if weights.shape[1] > 1:
        finest = np.maximum(finest, _largest_pair(rows) / PAIR_MAX)
    scales = np.where(finest > 0, finest, 1.0).astype(np.float32)
    steps = np.rint(weights / scales.astype(np.float64)[:, None, None, None])
    return QuantisedWeights(np.clip(steps, -WEIGHT_MAX, WEIGHT_MAX).astype(np.int8), scales)


def _largest_pair(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest sum, without its sign, of two paired weights of the same sign, for each row."""
    even = np.pad(rows, ((0, 0), (0, rows.shape[1] % 2)))
    left, right = even[:, 0::2], even[:, 1::2]
    return np.where(left * right > 0, np.abs(left + right), 0.0).max(axis=1)


def quantise_bias(bias: NDArray[np.float64], scales: NDArray[np.float32]) -> NDArray[np.int32]:
    """Bias in steps of `scales` (input scale times weight scale), as the integer kernels add it.

    A bias beyond int32 belongs to a channel whose weights are as good as nothing; it is held at the limit.
    """
    steps = np.rint(bias / scales.astype(np.float64))
    return np.clip(steps, -BIAS_LIMIT, BIAS_LIMIT).astype(np.int32)


def dequantise(stored: NDArray[Any], scale: np.float32, zero_point: int) -> NDArray[np.float32]:
    """The real values that are stored."""
    return scale * (stored.astype(np.int32) - zero_point).astype(np.float32)
