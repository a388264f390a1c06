"""What comes between the camera and the things: a hand that reaches in, a clear bag around a thing."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .shapes import Surfaces, surface

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

# Lightest and darkest skin in a lamp's light, red, green, blue.
SKIN = ((244.0, 205.0, 180.0), (74.0, 46.0, 34.0))
FINGERS = 5


def draw_hand(surfaces: Surfaces, rng: np.random.Generator, size: tuple[int, int]) -> Image:
    """A forearm from a side of a picture so wide and high, with a hand at its end, as RGBA of the whole picture."""
    width, height = size
    start, towards = _entry(rng, width, height)
    across = np.array([-towards[1], towards[0]])
    palm = rng.uniform(34, 52)
    reach = rng.uniform(0.2, 0.75) * min(width, height)
    wrist = start + towards * reach
    sleeve_ends = rng.uniform(-0.2, 0.9) * reach
    alpha = np.zeros((height, width), np.uint8)
    sleeve = np.zeros_like(alpha)
    _limb(alpha, start - towards * 60, wrist, palm * rng.uniform(0.7, 1.1), palm * 0.62)
    middle = wrist + towards * palm * 0.8
    cv2.ellipse(alpha, _point(middle), _point((palm * 0.95, palm * 0.75)), _degrees(towards), 0, 360, 255, -1)
    for finger in range(FINGERS):
        spread = (finger - 2) / 2
        root = middle + towards * palm * 0.5 + across * palm * 0.62 * spread
        bent = rng.uniform(0.3, 1.0)
        along = towards + across * (spread * rng.uniform(0.1, 0.6))
        length = palm * bent * (1.5 if 0 < finger < FINGERS - 1 else 1.1)
        _limb(alpha, root, root + along / np.hypot(*along) * length, palm * 0.2, palm * 0.15)
    if sleeve_ends > 0:
        end = start + towards * sleeve_ends
        _limb(sleeve, start - towards * 60, end, palm * 1.3, palm * rng.uniform(0.85, 1.15))
    share = rng.random()
    skin = np.array(SKIN[0]) * share + np.array(SKIN[1]) * (1 - share) + rng.uniform(-10, 10, 3)
    far = cv2.distanceTransform(alpha, cv2.DIST_L2, 5)
    round_off = 0.72 + 0.28 * np.clip(far / (palm * 0.5), 0, 1)
    colour = np.clip(skin * round_off[..., None], 0, 255)
    worn = sleeve > 0
    if worn.any():
        colour[worn] = surface(surfaces, rng, (height, width))[worn]
    alpha = np.maximum(alpha, sleeve)
    return np.dstack([colour, cv2.GaussianBlur(alpha, (0, 0), 0.7)]).astype(np.uint8)


def in_bag(rgba: Image, rng: np.random.Generator) -> Image:
    """The same thing in a clear bag: a film with folds and lights, wider than the thing."""
    pad = int(rng.integers(4, 14))
    wide = cv2.copyMakeBorder(rgba, pad, pad, pad, pad, cv2.BORDER_CONSTANT).astype(np.float32)
    solid = (wide[..., 3] > 96).astype(np.uint8)
    points = cv2.findNonZero(solid)
    if points is None:
        return rgba
    film = np.zeros_like(solid)
    cv2.fillConvexPoly(film, cv2.convexHull(points), 1)
    film = cv2.dilate(film, np.ones((pad, pad), np.uint8))
    folds = cv2.GaussianBlur(rng.standard_normal(film.shape).astype(np.float32), (0, 0), rng.uniform(1.5, 5))
    folds /= max(float(np.abs(folds).max()), 1e-6)
    lights = np.clip(folds - rng.uniform(0.3, 0.7), 0, 1) * rng.uniform(100, 400)
    milky = rng.uniform(0.08, 0.3)
    film_alpha = film * (milky + 0.1 * folds) * 255
    share = wide[..., 3:] / 255
    colour = wide[..., :3] * share * (1 - milky) + (225.0 + 20 * folds[..., None]) * (1 - share * (1 - milky))
    alpha = np.clip(np.maximum(wide[..., 3], film_alpha + film * lights), 0, 255)
    return np.dstack([np.clip(colour + lights[..., None] * film[..., None], 0, 255), alpha]).astype(np.uint8)


def _entry(rng: np.random.Generator, width: int, height: int) -> tuple[Floats, Floats]:
    """Where an arm comes in, and which way it points: mostly from the shopper's side."""
    side = rng.choice(4, p=[0.55, 0.15, 0.15, 0.15])
    along = rng.uniform(0.15, 0.85)
    starts = ((along * width, height), (0, along * height), (width, along * height), (along * width, 0))
    inwards = ((0, -1), (1, 0), (-1, 0), (0, 1))
    angle = rng.uniform(-0.5, 0.5)
    x, y = inwards[side]
    turned = (x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle))
    return np.array(starts[side], np.float32), np.array(turned, np.float32)


def _limb(alpha: Image, start: Floats, end: Floats, first: float, last: float) -> None:
    """A limb that is so thick at its two ends, in halves."""
    along = (end - start) / max(float(np.hypot(*(end - start))), 1e-6)
    across = np.array([-along[1], along[0]])
    corners = [start + across * first, end + across * last, end - across * last, start - across * first]
    cv2.fillConvexPoly(alpha, np.round(corners).astype(np.int32), 255, cv2.LINE_AA)
    cv2.circle(alpha, _point(end), max(round(last), 1), 255, -1, cv2.LINE_AA)


def _point(at: tuple[float, float] | Floats) -> tuple[int, int]:
    return round(float(at[0])), round(float(at[1]))


def _degrees(towards: Floats) -> float:
    return float(np.degrees(np.arctan2(towards[1], towards[0])))
