"""Trays with things on them as the till sees them: in cells, with the mask of what differs from the empty tray."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .reach import draw_hand, in_bag
from .shapes import Surfaces, draw_thing

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

# A tray is drawn at two pixels a cell; see `shared/vision/src/tray/thumb.rs` for the cells.
WIDTH, HEIGHT = 640, 480
PX_PER_MM = WIDTH / 540
EDGE = 30
# As in `shared/vision/src/tray/background.rs`.
FLOOR_LEVELS, SHADOW_DARKEST, GLOW_BRIGHTEST, SHADOW_TINT, SHADOW_STEP = 7.0, 0.45, 1.05, 0.055, 0.09
SMALL_HOLE = 40
# How far a camera that was pushed looks aside at most, in pixels.
PUSHED_PX = 1.6


@dataclass(frozen=True)
class Mix:
    """How often what troubles a till comes about.

    No number is drawn for what is never wanted, so that a seed gives the same plain trays with and without this.
    """

    # Share of the trays that a hand reaches over.
    hands: float = 0.0
    # Share of the things in a clear bag.
    bags: float = 0.0
    # Share of the trays whose camera was pushed a little since the tray was empty.
    pushed: float = 0.0


@dataclass(frozen=True)
class Tray:
    """One tray in cells."""

    # Red, green, blue, and 255 where something lies.
    seen: Image
    # Which thing is seen in each cell, counted from 1; 0 is the tray.
    owner: NDArray[np.int16]


def draw_tray(surfaces: Surfaces, rng: np.random.Generator, mix: Mix) -> Tray:
    """A tray of one to ten things, apart, touching or partly over each other; a hand over them counts as a thing."""
    floor = _backdrop(rng)
    light = _light(rng)
    light_angle = rng.uniform(0, 2 * np.pi)
    picture = floor.copy()
    owner = np.zeros((HEIGHT, WIDTH), np.int16)
    lying: list[tuple[int, int, NDArray[np.bool_]]] = []
    reach = rng.choice([0.0, 0.0, 0.12, 0.25, 0.35])
    alone = rng.choice([0.0, 0.3, 0.8])
    twin: Image | None = None
    for _ in range(rng.integers(1, 11)):
        size = np.clip(rng.normal(95, 28), 34, 200)
        rgba = draw_thing(surfaces, rng, size) if twin is None or rng.random() > 0.2 else _turned(twin, rng)
        twin = rgba
        if mix.bags and rng.random() < mix.bags:
            rgba = in_bag(rgba, rng)
        solid = rgba[..., 3] > 96
        if solid.sum() < 300:
            continue
        beside = None if not lying or rng.random() < alone else lying[rng.integers(len(lying))]
        corner = _place(solid, beside, lying, float(reach), rng)
        if corner is None:
            continue
        x, y = corner
        _cast_shadow(picture, rgba[..., 3], corner, light_angle)
        height, width = solid.shape
        alpha = rgba[..., 3:].astype(np.float32) / 255
        below = picture[y : y + height, x : x + width]
        below += (rgba[..., :3] - below) * alpha
        lying.append((x, y, solid))
        owner[y : y + height, x : x + width][solid] = len(lying)
    if mix.hands and rng.random() < mix.hands:
        hand = draw_hand(surfaces, rng, (WIDTH, HEIGHT))
        _cast_shadow(picture, hand[..., 3], (0, 0), light_angle)
        picture += (hand[..., :3] - picture) * (hand[..., 3:].astype(np.float32) / 255)
        owner[hand[..., 3] > 96] = len(lying) + 1
    if rng.random() < 0.3:
        blur = rng.uniform(0.4, 1.0)
        picture, floor = (cv2.GaussianBlur(image, (0, 0), blur) for image in (picture, floor))
    noise = rng.uniform(0, 2.0)
    cells = _cells(_photographed(picture * light, noise, rng))
    empty = _cells((_pushed(floor, rng) if mix.pushed and rng.random() < mix.pushed else floor) * light)
    mask = _mask(cells, empty)
    seen = np.dstack([np.round(cells), mask * 255.0]).astype(np.uint8)
    return Tray(seen, owner[::2, ::2].copy())


def _turned(rgba: Image, rng: np.random.Generator) -> Image:
    turned = np.rot90(rgba, rng.integers(4))
    return np.ascontiguousarray(turned[:, ::-1] if rng.random() < 0.5 else turned)


def _pushed(floor: Floats, rng: np.random.Generator) -> Floats:
    aside = rng.uniform(-PUSHED_PX, PUSHED_PX, 2)
    shift = np.array([[1, 0, aside[0]], [0, 1, aside[1]]], np.float32)
    return cv2.warpAffine(floor, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)


def _photographed(lit: Floats, noise: float, rng: np.random.Generator) -> Floats:
    # Half the sensor's noise: a pixel here is four of its pixels.
    grain = rng.standard_normal((HEIGHT, WIDTH, 3), np.float32) * np.float32(noise / 2)
    return np.clip(lit + grain, 0, 255)


def _cells(picture: Floats) -> Floats:
    return cv2.resize(picture, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA)


def _place(
    solid: NDArray[np.bool_],
    beside: tuple[int, int, NDArray[np.bool_]] | None,
    lying: list[tuple[int, int, NDArray[np.bool_]]],
    reach: float,
    rng: np.random.Generator,
) -> tuple[int, int] | None:
    height, width = solid.shape
    last_x, last_y = WIDTH - EDGE - width, HEIGHT - EDGE - height
    if last_x <= EDGE or last_y <= EDGE:
        return None
    wanted = rng.uniform(0, reach)
    for _ in range(12):
        if beside is None:
            corner = (int(rng.integers(EDGE, last_x)), int(rng.integers(EDGE, last_y)))
            limit = 0.0
        else:
            found = _slide(solid, beside, wanted, rng)
            if not (EDGE <= found[0] <= last_x and EDGE <= found[1] <= last_y):
                continue
            corner, limit = found, max(reach, 0.01)
        if all(_hidden(solid, corner, thing) <= limit for thing in lying):
            return corner
    return None


def _slide(
    solid: NDArray[np.bool_], beside: tuple[int, int, NDArray[np.bool_]], wanted: float, rng: np.random.Generator
) -> tuple[int, int]:
    """From afar inwards: the last place before more than wanted is hidden."""
    x, y, other = beside
    angle = rng.uniform(0, 2 * np.pi)
    centre = np.array([x + other.shape[1] / 2, y + other.shape[0] / 2])
    half = np.array([solid.shape[1] / 2, solid.shape[0] / 2])
    apart = (np.hypot(*solid.shape) + np.hypot(*other.shape)) / 2
    towards = np.array([np.cos(angle), np.sin(angle)])
    corner = centre + towards * apart - half
    while apart > 2:
        apart -= 2
        nearer = centre + towards * apart - half
        if _hidden(solid, (round(nearer[0]), round(nearer[1])), beside) > wanted:
            break
        corner = nearer
    return round(corner[0]), round(corner[1])


def _hidden(solid: NDArray[np.bool_], corner: tuple[int, int], thing: tuple[int, int, NDArray[np.bool_]]) -> float:
    """The share of the smaller of the two that one hides of the other."""
    x, y, other = thing
    left, top = max(corner[0], x), max(corner[1], y)
    right = min(corner[0] + solid.shape[1], x + other.shape[1])
    bottom = min(corner[1] + solid.shape[0], y + other.shape[0])
    if right <= left or bottom <= top:
        return 0.0
    own = solid[top - corner[1] : bottom - corner[1] : 2, left - corner[0] : right - corner[0] : 2]
    both = np.count_nonzero(own & other[top - y : bottom - y : 2, left - x : right - x : 2])
    return 4 * both / max(min(np.count_nonzero(solid), np.count_nonzero(other)), 1)


def _cast_shadow(picture: Floats, alpha: Image, corner: tuple[int, int], angle: float) -> None:
    """A soft shadow away from the light, and a dark line where the thing touches what it lies on."""
    pad = 24
    left, top = max(corner[0] - pad, 0), max(corner[1] - pad, 0)
    right, bottom = min(corner[0] + alpha.shape[1] + pad, WIDTH), min(corner[1] + alpha.shape[0] + pad, HEIGHT)
    coarse = np.zeros((bottom - top, right - left), np.float32)
    y, x = corner[1] - top, corner[0] - left
    coarse[y : y + alpha.shape[0], x : x + alpha.shape[1]] = alpha / 255.0
    coarse = cv2.resize(coarse, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(coarse, (0, 0), 5.0 * PX_PER_MM / 4)
    touch = cv2.GaussianBlur(coarse, (0, 0), 1.4 * PX_PER_MM / 4)
    away = 3.2 * PX_PER_MM / 4
    shift = np.array([[1, 0, -np.cos(angle) * away], [0, 1, -np.sin(angle) * away]], np.float32)
    soft = cv2.warpAffine(soft, shift, (soft.shape[1], soft.shape[0]))
    left_over = (1 - 0.46 * soft) * (1 - 0.34 * touch)
    picture[top:bottom, left:right] *= cv2.resize(left_over, (right - left, bottom - top))[..., None]


def _grid() -> tuple[Floats, Floats]:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    return x - WIDTH / 2, y - HEIGHT / 2


GRID = _grid()


def _backdrop(rng: np.random.Generator) -> Floats:
    """A tray with its rim on a dark counter: steel, plastic, rubber, or any other even colour."""
    x, y = GRID
    colours = ([170.0, 174, 178], [197.0, 199, 198], [66.0, 69, 74], rng.uniform(25, 235, 3).tolist())
    kind = int(rng.integers(4))
    colour = np.array(colours[kind]) + rng.uniform(-7, 7) + rng.uniform(-2, 2) * np.array([1, 0, -1])
    grain = rng.standard_normal((HEIGHT, WIDTH), np.float32)
    if kind == 0:
        grain = cv2.blur(grain, (41, 1)) * 4
    band = rng.uniform(0, 16) * np.exp(-(((x / WIDTH * 2 - rng.uniform(-0.5, 0.5)) / 0.38) ** 2))
    floor = colour + (band + grain * rng.uniform(0.5, 2))[..., None]
    if kind == 2 or rng.random() < 0.15:
        apart = 7.5 * PX_PER_MM
        dots = np.sin(x * (2 * np.pi / apart)) * np.cos(y * (2 * np.pi / apart))
        floor += (np.clip(np.roll(dots, 1, 0) - np.roll(dots, -1, 0), -1, 1) * 9)[..., None]
    margin, rim = 9 * PX_PER_MM, 13 * PX_PER_MM
    inside = np.minimum(WIDTH / 2 - margin - np.abs(x), HEIGHT / 2 - margin - np.abs(y))
    across = 1 - inside / rim
    lip = np.exp(-(((across - 0.62) / 0.16) ** 2)) * 20 - np.clip(across - 0.1, 0, 0.3) * 40
    on_rim = (inside >= 0) & (inside < rim)
    floor += (lip * on_rim)[..., None]
    floor[inside < 0] = np.array([50.0, 47, 45])
    return np.clip(floor, 0, 255).astype(np.float32)


def _light(rng: np.random.Generator) -> Floats:
    x, y = GRID
    corner = np.hypot(WIDTH, HEIGHT) / 2
    angle, warmth = rng.uniform(0, 2 * np.pi), rng.uniform(-0.6, 0.8)
    near = (x * np.cos(angle) + y * np.sin(angle)) / corner
    vignette = 1 - 0.16 * (x**2 + y**2) / corner**2
    gain = rng.uniform(0.75, 1.15) * (1 + rng.uniform(0, 0.25) * near) * vignette
    tint = np.array([1 + 0.07 * warmth, 1 + 0.01 * warmth, 1 - 0.1 * warmth])
    return (gain[..., None] * tint).astype(np.float32)


def _mask(cells: Floats, empty: Floats) -> NDArray[np.bool_]:
    """Where something lies, found as `background.rs` and `blobs.rs` find it."""
    differs = (np.abs(cells - empty) > FLOOR_LEVELS).any(2)
    length = np.maximum((empty**2).sum(2), 1)
    ratio = (cells * empty).sum(2) / length
    tint = np.sqrt((((cells - ratio[..., None] * empty) ** 2).sum(2)) / length)
    shade = (ratio >= SHADOW_DARKEST) & (ratio <= GLOW_BRIGHTEST) & (tint < SHADOW_TINT)
    brightness = cells.mean(2) / np.maximum(empty.mean(2), 1)
    steps = np.zeros_like(differs)
    steps[:, :-1] |= np.abs(np.diff(brightness, axis=1)) > SHADOW_STEP
    steps[:-1] |= np.abs(np.diff(brightness, axis=0)) > SHADOW_STEP
    things = (differs & (~shade | steps)).astype(np.uint8)
    things &= (cv2.boxFilter(things, -1, (3, 3), normalize=False) >= 4).astype(np.uint8)
    closed = cv2.morphologyEx(things, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(1 - closed, connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] <= SMALL_HOLE
    small[0] = False
    return (closed > 0) | (small[pieces] & (count > 1))
