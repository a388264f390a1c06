"""What spoils a picture at the till, as functions of pixels: used to train, and at fixed strength to measure."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def darkened(picture: Picture, gain: float) -> Picture:
    """Less light: 8-bit values times `gain`, with the levels lost that a camera would lose."""
    return np.rint(picture * np.float32(gain)).astype(np.uint8)


def noisy(picture: Picture, deviation: float, random: Generator) -> Picture:
    """Gaussian noise of standard deviation `deviation` in 8-bit levels, independent for every value."""
    noise = random.standard_normal(picture.shape, np.float32) * np.float32(deviation)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def motion_blurred(picture: Picture, length_px: int, angle: float) -> Picture:
    """A straight movement of `length_px` pixels along `angle` (radians) while the shutter was open."""
    kernel = np.zeros((length_px, length_px), np.float32)
    middle = (length_px - 1) / 2
    for step in np.linspace(-middle, middle, 4 * length_px):
        row, column = middle + step * np.sin(angle), middle + step * np.cos(angle)
        kernel[int(np.rint(row)), int(np.rint(column))] += 1
    return cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101)


def occluded(picture: Picture, share: float, cover: Picture | None, random: Generator) -> Picture:
    """A rectangle of `share` of the area, somewhere, hidden behind `cover` (same size) or behind one colour."""
    height, width = picture.shape[:2]
    aspect = np.exp(random.uniform(-0.7, 0.7))
    rows = min(height, round(np.sqrt(share * aspect) * height))
    columns = min(width, round(np.sqrt(share / aspect) * width))
    top, left = random.integers(height - rows + 1), random.integers(width - columns + 1)
    spoilt = picture.copy()
    target = spoilt[top : top + rows, left : left + columns]
    target[:] = random.integers(0, 256, 3) if cover is None else cover[top : top + rows, left : left + columns]
    return spoilt


# What the figures of robustness are taken under, at the strengths that are promised; the cover is another product.
MEASURED: dict[str, Callable[[Picture, Picture, Generator], Picture]] = {
    "occlusion_25": lambda picture, other, random: occluded(picture, 0.25, other, random),
    "occlusion_25_plain": lambda picture, other, random: occluded(picture, 0.25, None, random),
    "brightness_x0.25": lambda picture, other, random: darkened(picture, 0.25),
    "noise_sd15": lambda picture, other, random: noisy(picture, 15, random),
    "motion_blur_9px": lambda picture, other, random: motion_blurred(picture, 9, random.uniform(0, np.pi)),
}
