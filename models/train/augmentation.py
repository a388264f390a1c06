"""A new view of a photo for every step: another framing, other light, another camera's faults, something before it."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from train.corruption import Picture, motion_blurred, noisy, occluded

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Augmentation:
    """How often (`*_share`, 0 to 1) and how strongly views differ from their photo. Lengths are pixels of the view."""

    smallest_crop: float = 0.35
    aspect: float = 1.33
    mirror_share: float = 0.25
    turn_degrees: float = 10.0
    hue_turns: float = 0.025
    dark_share: float = 0.15
    darkest: float = 0.2
    noise_share: float = 0.2
    most_noise: float = 18.0
    blur_share: float = 0.12
    most_blur: float = 2.0
    motion_share: float = 0.2
    longest_motion: int = 11
    occlusion_share: float = 0.35
    most_occluded: float = 0.3

    def view(self, picture: Picture, other: Picture, side: int, random: Generator) -> Picture:
        """A view [side, side, 3] of `picture`; part of `other` may stand in front."""
        seen = self._framed(picture, side, random)
        if random.random() < self.occlusion_share:
            cover = self._framed(other, side, random) if random.random() < 0.5 else None
            seen = occluded(seen, random.uniform(0.02, self.most_occluded), cover, random)
        if random.random() < self.blur_share:
            seen = cv2.GaussianBlur(seen, (0, 0), random.uniform(0.5, self.most_blur))
        elif random.random() < self.motion_share:
            length = int(random.integers(3, self.longest_motion + 1))
            seen = motion_blurred(seen, length, random.uniform(0, math.pi))
        seen = self._lit(seen, random)
        if random.random() < self.noise_share:
            seen = noisy(seen, random.uniform(2, self.most_noise), random)
        return seen

    def _framed(self, picture: Picture, side: int, random: Generator) -> Picture:
        """Crop, stretch, turn and mirror as one warp, so that pixels are interpolated once."""
        height, width = picture.shape[:2]
        area = height * width * random.uniform(self.smallest_crop, 1)
        ratio = math.exp(random.uniform(-1, 1) * math.log(self.aspect))
        crop_width, crop_height = min(width, math.sqrt(area * ratio)), min(height, math.sqrt(area / ratio))
        centre_x = random.uniform(crop_width / 2, width - crop_width / 2 + 1e-6)
        centre_y = random.uniform(crop_height / 2, height - crop_height / 2 + 1e-6)
        turn = math.radians(random.normal(0, self.turn_degrees))
        mirror = -1 if random.random() < self.mirror_share else 1
        cos, sin = math.cos(turn), math.sin(turn)
        scale_x, scale_y = mirror * crop_width / side, crop_height / side
        from_view = np.array([[cos * scale_x, -sin * scale_y], [sin * scale_x, cos * scale_y]])
        shift = np.array([centre_x, centre_y]) - from_view @ np.full(2, side / 2 - 0.5)
        return cv2.warpAffine(
            picture,
            np.column_stack([from_view, shift]),
            (side, side),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )

    def _lit(self, picture: Picture, random: Generator) -> Picture:
        """Hue, saturation, the lamp's colour, brightness and contrast, as one affine map of RGB."""
        gain = math.exp(random.normal(0, 0.18))
        if random.random() < self.dark_share:
            gain = random.uniform(self.darkest, 0.7)
        lamp = np.exp(random.normal(0, 0.04, 3)) * gain
        saturation, contrast = random.uniform(0.75, 1.25), random.uniform(0.8, 1.2)
        mixed = saturation * np.eye(3) + (1 - saturation) * np.outer(np.ones(3), _LUMA)
        colour = np.diag(lamp) @ mixed @ _hue_turn(random.normal(0, self.hue_turns) * 2 * math.pi)
        level = (1 - contrast) * float((colour @ picture.mean(axis=(0, 1))).mean())
        affine = np.column_stack([contrast * colour, np.full(3, level)])
        return cv2.transform(picture, affine)


def _hue_turn(angle: float) -> NDArray[np.float64]:
    """The rotation of RGB about the grey axis (Rodrigues' formula)."""
    even, odd = (1 - math.cos(angle)) / 3, math.sin(angle) / math.sqrt(3)
    turned = np.full((3, 3), even) + math.cos(angle) * np.eye(3)
    return turned + odd * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
