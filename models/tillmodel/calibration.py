"""Gathers, from photos, the ranges of layer outputs that an 8-bit trunk needs."""

from pathlib import Path

import numpy as np

from tillmodel.architecture import Variant
from tillmodel.build import build_taps
from tillmodel.int8_trunk import Ranges
from tillmodel.ranges import RangeCollector
from tillmodel.session import open_session, photo_batches
from tillmodel.weights import Tensors


def spread_over(paths: list[Path], count: int) -> list[Path]:
    """`count` of the photos, evenly over their listing, so that every product takes part."""
    picked = np.unique(np.linspace(0, len(paths) - 1, min(count, len(paths))).astype(int))
    return [paths[index] for index in picked]


def calibrated_ranges(tensors: Tensors, variant: Variant, side: int, paths: list[Path]) -> Ranges:
    """The range of every output that ReLU6 does not bound, over these photos."""
    taps = build_taps(tensors, variant, side)
    names = [output.name for output in taps.graph.output]
    collector = RangeCollector(names)
    for outputs in photo_batches(open_session(taps.SerializeToString()), paths, names):
        for name, values in zip(names, outputs, strict=True):
            collector.see(name, values)
    return collector.ranges()
