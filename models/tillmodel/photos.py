"""Labelled photos on disk, and how a photo becomes the model's input.

The till does the same in Rust (crate `vision`): upright by EXIF, centre square of seven eighths of the short side,
bilinear resize with antialiasing (Pillow's BILINEAR; the convolution of `fast_image_resize` with its bilinear filter).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

PHOTO_ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}
CROP_EIGHTHS = 7


class DatasetError(Exception):
    """The folder holds no photos in a layout that is known."""


@dataclass(frozen=True)
class Photos:
    """Photos with their class; `coarse` is the class again where a dataset has no coarser one."""

    paths: list[Path]
    fine: NDArray[np.int64]
    coarse: NDArray[np.int64]

    def only(self, chosen: NDArray[np.bool_]) -> "Photos":
        """The photos where `chosen` is true."""
        return Photos(
            [path for path, keep in zip(self.paths, chosen, strict=True) if keep],
            self.fine[chosen],
            self.coarse[chosen],
        )


def find_photos(folder: Path, split: str | None) -> Photos:
    """Reads `split` of a folder laid out as GroceryStoreDataset (`SPLIT.txt`: path, fine id, coarse id), or a folder
    with one subfolder of photos per class (in `folder/split` where that exists)."""
    listing = folder / f"{split}.txt"
    if split is not None and listing.is_file():
        return _from_listing(folder, listing)
    inner = folder / split if split is not None and (folder / split).is_dir() else folder
    return _from_class_folders(inner)


def _from_listing(folder: Path, listing: Path) -> Photos:
    paths, fine, coarse = [], [], []
    for number, line in enumerate(listing.read_text().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            path, fine_id, coarse_id = (part.strip() for part in line.rsplit(",", 2))
            fine.append(int(fine_id))
            coarse.append(int(coarse_id))
        except ValueError as error:
            raise DatasetError(
                f"`{listing}` line {number}: expected `path, fine id, coarse id`, found `{line}`"
            ) from error
        paths.append(folder / path)
    if not paths:
        raise DatasetError(f"`{listing}` lists no photos")
    return Photos(paths, np.array(fine), np.array(coarse))


def _from_class_folders(folder: Path) -> Photos:
    if not folder.is_dir():
        raise DatasetError(f"`{folder}` is not a folder")
    paths, labels = [], []
    classes = sorted(entry for entry in folder.iterdir() if entry.is_dir())
    for label, class_folder in enumerate(classes):
        found = sorted(path for path in class_folder.rglob("*") if path.suffix.lower() in PHOTO_ENDINGS)
        paths += found
        labels += [label] * len(found)
    if not paths:
        raise DatasetError(f"`{folder}` holds neither a listing of the split nor one subfolder of photos per class")
    return Photos(paths, np.array(labels), np.array(labels))


def centre_square(width: int, height: int) -> tuple[int, int, int]:
    """(left, top, side) of the part of a whole photo that the model sees."""
    side = max(1, min(width, height) * CROP_EIGHTHS // 8)
    return (width - side) // 2, (height - side) // 2, side


def open_upright(path: Path) -> Image.Image:
    """The photo as RGB with its EXIF orientation applied."""
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def to_input(image: Image.Image, side: int) -> NDArray[np.uint8]:
    """The model's input [side, side, 3] of a whole photo."""
    left, top, square = centre_square(*image.size)
    box = (left, top, left + square, top + square)
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR, box=box), dtype=np.uint8)


def load_input(path: Path, side: int) -> NDArray[np.uint8]:
    """`to_input` of a file."""
    return to_input(open_upright(path), side)
