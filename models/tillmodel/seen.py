"""Which photos a model learnt from, so that nobody takes a photo it has seen for a test.

A photo is named by the first 8 bytes of the SHA-256 of its file. The list is kept with one such name a line and travels
in the metadata of the model under `learnt_from`, the names one after the other.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

METADATA_KEY = "learnt_from"
DIGITS = 16


def photo_names(paths: Iterable[Path]) -> list[str]:
    """The photos' names, sorted: what does not depend on where they lie."""
    return sorted({hashlib.sha256(path.read_bytes()).hexdigest()[:DIGITS] for path in paths})


def save_names(path: Path, names: Iterable[str]) -> None:
    """Writes one name a line, sorted."""
    path.write_text("".join(f"{name}\n" for name in sorted(names)))


def load_names(path: Path) -> list[str]:
    """Reads what `save_names` wrote."""
    return path.read_text().split()
