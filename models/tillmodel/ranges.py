"""The ranges of layer outputs that only photos can tell: how they are gathered, kept and read."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The runs of decimals that a range is kept with: far finer than one step of 256.
SIGNIFICANT_DIGITS = 5


class RangeCollector:
    """The mean, over photos, of each output's smallest and largest value: one odd photo moves it little."""

    def __init__(self, names: list[str]) -> None:
        self._lows: dict[str, list[float]] = {name: [] for name in names}
        self._highs: dict[str, list[float]] = {name: [] for name in names}

    def see(self, name: str, outputs: NDArray[np.floating[Any]]) -> None:
        """Takes in one output for a batch of photos [N, ...]."""
        flat = outputs.reshape(len(outputs), -1)
        self._lows[name] += flat.min(axis=1).tolist()
        self._highs[name] += flat.max(axis=1).tolist()

    def ranges(self) -> dict[str, tuple[float, float]]:
        """What was seen."""
        return {
            name: (_rounded(np.mean(self._lows[name])), _rounded(np.mean(self._highs[name]))) for name in self._lows
        }


def _rounded(value: np.floating[Any]) -> float:
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


def save_ranges(path: Path, ranges: dict[str, tuple[float, float]], provenance: dict[str, Any]) -> None:
    """Writes the ranges with their provenance."""
    path.write_text(json.dumps({"provenance": provenance, "ranges": ranges}, indent=2) + "\n")


def load_ranges(path: Path) -> dict[str, tuple[float, float]]:
    """Reads what `save_ranges` wrote."""
    return {name: (low, high) for name, (low, high) in json.loads(path.read_text())["ranges"].items()}
