"""The photos of a run: decoded once, kept in memory, and cut into classes and folds in ways that can be repeated."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tillmodel.photos import Photos, find_photos, open_upright

# Photos of one product with neighbouring numbers are often of one object on one shelf: this many stay together.
NEIGHBOURS = 5
TRAINED_CLASSES = 40
_SPLIT_SEED = 2026

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Pictures:
    """Photos with their pixels, each [height, width, 3] RGB and upright."""

    photos: Photos
    pixels: list[Picture]

    def __len__(self) -> int:
        return len(self.pixels)

    def only(self, chosen: NDArray[np.bool_]) -> "Pictures":
        """The pictures where `chosen` is true."""
        return Pictures(self.photos.only(chosen), [self.pixels[index] for index in np.flatnonzero(chosen)])


def joined(photos: list[Photos]) -> Photos:
    """Several listings as one."""
    return Photos(
        [path for part in photos for path in part.paths],
        np.concatenate([part.fine for part in photos]),
        np.concatenate([part.coarse for part in photos]),
    )


def decode(photos: Photos) -> Pictures:
    """Reads every photo."""
    with ThreadPoolExecutor() as pool:
        return Pictures(photos, list(pool.map(lambda path: np.asarray(open_upright(path)), photos.paths)))


def class_split(classes: NDArray[np.int64], index: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(trained, asked) classes of the class-disjoint split `index`; the first have 40 of GroceryStoreDataset's 81."""
    known = np.unique(classes)
    shuffled = np.random.default_rng([_SPLIT_SEED, index]).permutation(known)
    trained = min(TRAINED_CLASSES, len(known) // 2)
    return np.sort(shuffled[:trained]), np.sort(shuffled[trained:])


def folds(photos: Photos, count: int) -> NDArray[np.int64]:
    """The fold, 0 to count - 1, of each photo: every class is dealt out evenly, neighbours in one piece.

    The pieces of a class are ordered by a hash of their names, so that a fold hangs on nothing but the listing.
    """
    pieces: dict[int, dict[str, list[int]]] = {}
    for index, (path, label) in enumerate(zip(photos.paths, photos.fine.tolist(), strict=True)):
        pieces.setdefault(label, {}).setdefault(_piece(path), []).append(index)
    fold_of = np.empty(len(photos.paths), np.int64)
    for label, of_class in pieces.items():
        for position, name in enumerate(sorted(of_class, key=_digest)):
            fold_of[of_class[name]] = (position + label) % count
    return fold_of


def photo_hashes(photos: Photos) -> list[str]:
    """The SHA-256 of each file, for telling later whether a photo was trained on."""
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in photos.paths]


def read_splits(dataset: Path, splits: list[str]) -> Photos:
    """The listed splits of a dataset, one after the other."""
    return joined([find_photos(dataset, split) for split in splits])


def _piece(path: Path) -> str:
    """Names the run of neighbouring photos that a photo belongs to."""
    number = re.search(r"(\d+)$", path.stem)
    run = int(number.group(1)) // NEIGHBOURS if number else path.stem
    # The last folders name the split and the product, and no place on one computer.
    return "/".join([*path.parts[-5:-1], str(run)])


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
