"""Things to lay on a tray: outlines with a surface, all drawn from a random generator."""

import json
import tarfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Points = NDArray[np.float64]

# How finely a round outline is drawn.
CORNERS = 64
# Kinds of pictures that show no things.
PEOPLE = ("Smileys & Emotion", "People & Body", "Flags", "Component", "Symbols")
WORDS = ("NETTO", "bio", "500 g", "FRESH", "1 L", "milk", "Nr. 7", "extra", "12 x", "MINT", "pure", "2,49")


class Surfaces:
    """Photos that surfaces are cut from, and small pictures with an outline of their own."""

    def __init__(self, photos: list[Image], pictures: list[Image]) -> None:
        self.photos = photos
        self.pictures = pictures


def read_photos(folder: Path, count: int, rng: np.random.Generator) -> list[Image]:
    """Some of the JPEG photos below a folder, as RGB."""
    paths = sorted(folder.rglob("*.jpg"))
    chosen = rng.choice(len(paths), size=min(count, len(paths)), replace=False)
    return [cv2.cvtColor(cv2.imread(str(paths[i])), cv2.COLOR_BGR2RGB) for i in sorted(chosen)]


def read_pictures(archive: Path) -> list[Image]:
    """The 64-pixel RGBA pictures of npm's emoji-datasource-google that show one thing without holes."""
    pictures = []
    with tarfile.open(archive) as held:
        read = {member.name: held.extractfile(member).read() for member in held if _is_wanted(member)}
    known = json.loads(read.pop("package/emoji.json"))
    folder = "package/img/google/64/"
    names = sorted(folder + one["image"] for one in known if one["category"] not in PEOPLE and one["has_img_google"])
    for name in names:
        rgba = cv2.cvtColor(
            cv2.imdecode(np.frombuffer(read[name], np.uint8), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA
        )
        solid = (rgba[..., 3] > 128).astype(np.uint8)
        # What is scattered or a mere stroke is no thing that lies on a tray.
        pieces, _, stats, _ = cv2.connectedComponentsWithStats(solid)
        if pieces == 2 and stats[1, cv2.CC_STAT_AREA] > 0.22 * solid.size:
            pictures.append(rgba)
    return pictures


def _is_wanted(member: tarfile.TarInfo) -> bool:
    return member.name.startswith("package/img/google/64/") or member.name == "package/emoji.json"


def draw_thing(surfaces: Surfaces, rng: np.random.Generator, size: float) -> Image:
    """One thing of about `size` pixels along its longer side, as straight RGBA."""
    if surfaces.pictures and rng.random() < 0.3:
        rgba = _drawn_picture(surfaces, rng, size)
    else:
        alpha = _outline(rng, size)
        rgba = np.dstack([surface(surfaces, rng, alpha.shape), alpha])
    rgba[..., :3] = _shaded(rgba, rng)
    return rgba


def _drawn_picture(surfaces: Surfaces, rng: np.random.Generator, size: float) -> Image:
    picture = surfaces.pictures[rng.integers(len(surfaces.pictures))]
    side = round(size * 1.1)
    turn = cv2.getRotationMatrix2D((31.5, 31.5), rng.uniform(0, 360), side / 92)
    turn[:, 2] += side / 2 - 31.5
    premultiplied = picture.astype(np.float32)
    premultiplied[..., :3] *= premultiplied[..., 3:] / 255
    turned = cv2.warpAffine(premultiplied, turn, (side, side), flags=cv2.INTER_CUBIC)
    alpha = np.clip(turned[..., 3:], 0, 255)
    colour = np.clip(turned[..., :3] * 255 / np.maximum(alpha, 1), 0, 255)
    if rng.random() < 0.5:
        # The outline alone, with another surface, or with its colours moved.
        other = surface(surfaces, rng, (side, side)).astype(np.float32)
        share = rng.choice([1.0, 0.5])
        colour = colour * (1 - share) + other * share
    elif rng.random() < 0.7:
        colour = _recoloured(colour, rng)
    return np.dstack([colour, alpha]).astype(np.uint8)


def _recoloured(colour: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    moved = colour[..., rng.permutation(3)] * rng.uniform(0.5, 1.1, 3) + rng.uniform(-20, 40, 3)
    return np.clip(moved, 0, 255)


def _outline(rng: np.random.Generator, size: float) -> Image:
    kinds = (_round, _round, _box, _box, _bottle, _bent, _bag, _polygon, _bundle)
    points = kinds[rng.integers(len(kinds))](rng)
    points = points - (points.max(0) + points.min(0)) / 2
    points /= np.abs(points).max() * 2
    turn = rng.uniform(0, 2 * np.pi)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points = points @ matrix.T * size
    corner = points.min(0) - 2
    width, height = np.ceil(points.max(0) - corner + 2).astype(int)
    alpha = np.zeros((height, width), np.uint8)
    fixed = np.round((points - corner) * 16).astype(np.int32)
    cv2.fillPoly(alpha, [fixed], 255, cv2.LINE_AA, 4)
    return alpha


def _waves(rng: np.random.Generator, count: int, first: int, last: int, strength: float) -> NDArray[np.float64]:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    orders = np.arange(first, last)
    phases, heights = rng.uniform(0, 2 * np.pi, len(orders)), rng.normal(0, strength, len(orders)) / orders
    return (heights[:, None] * np.cos(orders[:, None] * angle + phases[:, None])).sum(0)


def _round(rng: np.random.Generator) -> Points:
    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    power = rng.choice([2.0, 2.0, 2.6, 3.5])
    radius = (np.abs(np.cos(angle)) ** power + np.abs(np.sin(angle)) ** power) ** (-1 / power)
    radius = radius * np.exp(_waves(rng, CORNERS, 2, 7, rng.choice([0.0, 0.08, 0.18])))
    return np.stack([np.cos(angle), np.sin(angle) * rng.uniform(0.55, 1)], 1) * radius[:, None]


def _box(rng: np.random.Generator) -> Points:
    half = np.array([1.0, rng.uniform(0.3, 1)])
    corner = rng.uniform(0.01, 0.5) * half.min() if rng.random() < 0.6 else 0.02
    around = np.linspace(0, np.pi / 2, CORNERS // 4)
    arc = np.stack([np.cos(around), np.sin(around)], 1) * corner + (half - corner)
    points = np.concatenate([arc, arc[::-1] * [-1, 1], -arc, arc[::-1] * [1, -1]])
    # A little perspective.
    tilt = 1 + points @ rng.uniform(-0.12, 0.12, 2)
    return points / tilt[:, None]


def _bottle(rng: np.random.Generator) -> Points:
    body, neck = rng.uniform(0.2, 0.42), rng.uniform(0.08, 0.18)
    shoulder, cap = rng.uniform(0.1, 0.5), rng.uniform(0.6, 0.9)
    heights = np.array([-1, -0.96, -0.4, shoulder - 0.2, (shoulder + cap) / 2, cap, cap + 0.01, 1])
    lid = neck * rng.uniform(1, 1.3)
    waist = body * rng.uniform(0.8, 1.05)
    widths = np.array([body * 0.9, body, waist, body, (body + neck) / 2.4, neck, lid, lid])
    right = np.stack([heights, widths], 1)
    return np.concatenate([right, right[::-1] * [1, -1]])


def _bent(rng: np.random.Generator) -> Points:
    along = np.linspace(-1, 1, CORNERS // 2)
    bend, thick = rng.uniform(0, 1.3), rng.uniform(0.1, 0.26)
    middle = np.stack([np.sin(along * bend) / max(bend, 0.05), np.cos(along * bend) / max(bend, 0.05)], 1)
    outwards = np.stack([np.sin(along * bend), np.cos(along * bend)], 1)
    width = thick * np.sqrt(np.clip(1.02 - np.abs(along) ** rng.uniform(2, 6), 0, 1))
    width *= 1 + rng.uniform(-0.5, 0.5) * along
    return np.concatenate([middle + outwards * width[:, None], (middle - outwards * width[:, None])[::-1]])


def _bag(rng: np.random.Generator) -> Points:
    box = _box(rng)
    crumpled = np.exp(_waves(rng, len(box), 3, 24, 0.22))
    return box * crumpled[:, None]


def _polygon(rng: np.random.Generator) -> Points:
    points = rng.normal(size=(rng.integers(4, 9), 2)) * [1, rng.uniform(0.4, 1)]
    hull = cv2.convexHull(points.astype(np.float32))[:, 0].astype(np.float64)
    return hull


def _bundle(rng: np.random.Generator) -> Points:
    """Stalks in a bunch: narrow at one end, frayed at the other."""
    along = np.linspace(-1, 1, 12)
    width = np.interp(along, [-1, -0.3, 0.3, 1], rng.uniform(0.12, 0.4, 4))
    top = np.stack([along, width * rng.uniform(0.85, 1.15, 12)], 1)
    bottom = np.stack([along, -width * rng.uniform(0.85, 1.15, 12)], 1)
    fray = np.stack([1 + rng.uniform(-0.15, 0.25, 9), np.linspace(width[-1], -width[-1], 9)], 1)
    return np.concatenate([top, fray, bottom[::-1]])


def surface(surfaces: Surfaces, rng: np.random.Generator, shape: tuple[int, ...]) -> Image:
    """A piece of surface: plain, printed, or cut out of a photo."""
    height, width = shape[:2]
    draw = rng.random()
    if draw < 0.45 and surfaces.photos:
        surface = _photo(surfaces, rng, height, width)
    elif draw < 0.75:
        surface = _print(surfaces, rng, height, width)
    else:
        surface = _plain(rng, height, width)
    return surface


def _colour(rng: np.random.Generator) -> NDArray[np.float64]:
    if rng.random() < 0.3:
        return np.clip(rng.uniform(20, 245) + rng.normal(0, 8, 3), 0, 255)
    return rng.uniform(10, 245, 3)


def _plain(rng: np.random.Generator, height: int, width: int) -> Image:
    coarse = rng.normal(0, rng.uniform(0, 22), (5, 5)).astype(np.float32)
    clouds = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    grain = rng.normal(0, rng.uniform(0, 14), (height, width)).astype(np.float32)
    if rng.random() < 0.6:
        grain = cv2.GaussianBlur(grain, (0, 0), rng.uniform(0.6, 2)) * 2
    surface = _colour(rng) + clouds[..., None] * rng.uniform(0.6, 1.4, 3) + grain[..., None]
    return np.clip(surface, 0, 255).astype(np.uint8)


def _photo(surfaces: Surfaces, rng: np.random.Generator, height: int, width: int) -> Image:
    photo = surfaces.photos[rng.integers(len(surfaces.photos))]
    # From near the middle and small, so that it shows one thing's surface rather than a shelf.
    side = int(min(photo.shape[:2]) * rng.uniform(0.15, 0.45))
    free = np.array(photo.shape[:2]) - side
    y, x = (free * rng.uniform(0.25, 0.75, 2)).astype(int)
    surface = cv2.resize(photo[y : y + side, x : x + side], (width, height), interpolation=cv2.INTER_LINEAR)
    gain = rng.uniform(0.7, 1.35)
    return np.clip(surface * gain * rng.uniform(0.9, 1.1, 3), 0, 255).astype(np.uint8)


def _print(surfaces: Surfaces, rng: np.random.Generator, height: int, width: int) -> Image:
    """A printed pack: bands, a picture, words."""
    surface = _plain(rng, height, width)
    for _ in range(rng.integers(0, 4)):
        start, end = np.sort(rng.integers(-height // 4, height + height // 4, 2))
        surface[max(start, 0) : max(end, 0)] = _colour(rng)
    if surfaces.photos and rng.random() < 0.4:
        inner = _photo(surfaces, rng, max(height // 2, 2), max(width // 2, 2))
        y, x = rng.integers(0, height - inner.shape[0] + 1), rng.integers(0, width - inner.shape[1] + 1)
        surface[y : y + inner.shape[0], x : x + inner.shape[1]] = inner
    for _ in range(rng.integers(1, 7)):
        place = (int(rng.integers(-width // 8, width)), int(rng.integers(0, height + 1)))
        word = WORDS[rng.integers(len(WORDS))]
        scale, thick = rng.uniform(0.25, 1.3), int(rng.integers(1, 4))
        cv2.putText(surface, word, place, cv2.FONT_HERSHEY_DUPLEX, scale, _colour(rng).tolist(), thick, cv2.LINE_AA)
    centre = (width / 2, height / 2)
    turn = cv2.getRotationMatrix2D(centre, rng.uniform(0, 360), 1.3)
    return cv2.warpAffine(surface, turn, (width, height), borderMode=cv2.BORDER_REFLECT)


def _shaded(rgba: Image, rng: np.random.Generator) -> Image:
    """Light on a body that bulges towards the camera: one side brighter, the rim darker, perhaps a highlight."""
    solid = (rgba[..., 3] > 127).astype(np.uint8)
    inside = cv2.distanceTransform(cv2.copyMakeBorder(solid, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3)
    inside = inside[1:-1, 1:-1] / max(inside.max(), 1)
    # A flat pack bulges at its rim only.
    rise = np.clip(inside / rng.uniform(0.15, 1), 0, 1)
    bulge = cv2.GaussianBlur(np.sqrt(1 - (1 - rise) ** 2), (0, 0), 1.5)
    slope_y, slope_x = np.gradient(bulge)
    reach = max(rgba.shape[:2]) / 4
    angle = rng.uniform(0, 2 * np.pi)
    towards = (slope_x * np.cos(angle) + slope_y * np.sin(angle)) * reach
    strength, rim = rng.uniform(0, 0.35), rng.uniform(0, 0.45) * (rng.random() < 0.7)
    light = (1 + strength * np.clip(towards, -1.5, 1.5)) * (1 - rim * (1 - bulge))
    colour = rgba[..., :3] * light[..., None]
    if rng.random() < 0.4:
        spot = np.clip(towards * bulge * 2 - rng.uniform(0.4, 1), 0, 1) * rng.uniform(40, 160)
        colour = colour + spot[..., None]
    return np.clip(colour, 0, 255).astype(np.uint8)
