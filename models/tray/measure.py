"""Measures a model on trays that it has not seen: how many things get a box of their own."""

import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .network import targets
from .scenes import Mix, Tray, draw_tray
from .shapes import Surfaces

# A box found is a thing's when they share this much of both.
SAME_BOX = 0.5
# A hill of a landscape is what of it is higher than this.
HILL = 0.4
# Runs that the time is the median of.
RUNS = 21

Floats = NDArray[np.float32]


def measure(model: Path, surfaces: Surfaces, rng: np.random.Generator, trays: int, mix: Mix) -> dict[str, Any]:
    """Shares of things with a box of their own: by the shape alone, by the network, and how well it sees outlines."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    counts = {"things": 0, "by_shape": 0, "by_depth": 0, "hit": 0, "said": 0, "true": 0}
    for _ in range(trays):
        tray = draw_tray(surfaces, rng, mix)
        depth, outline = see(session, tray)
        mask = tray.seen[..., 3] > 0
        truth = boxes(tray.owner)
        far = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
        counts["things"] += len(truth)
        counts["by_shape"] += matched(truth, boxes(hills(far / max(far.max(), 1), mask)))
        counts["by_depth"] += matched(truth, boxes(hills(depth, mask)))
        real = targets(tray)[1] > 0
        wide = cv2.dilate(real.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        said = (outline > 0.5) & mask
        counts["said"] += int(said.sum())
        counts["hit"] += int((said & wide).sum())
        seen = cv2.dilate(said.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        counts["true"] += int(real.sum())
        counts["found"] = counts.get("found", 0) + int((real & seen).sum())
    share = lambda a, b: round(counts[a] / max(counts[b], 1), 3)  # noqa: E731
    return {
        "trays": trays,
        "things": counts["things"],
        "found_by_shape": share("by_shape", "things"),
        "found_by_depth": share("by_depth", "things"),
        "outline_precision": share("hit", "said"),
        "outline_recall": share("found", "true"),
        "ms": round(milliseconds(session), 1),
    }


def see(session: onnxruntime.InferenceSession, tray: Tray) -> tuple[Floats, Floats]:
    """What the network says of a tray: depth and outline."""
    said = session.run(["inside"], {"tray": tray.seen[None]})[0][0]
    return said[0], said[1]


def hills(height: Floats, mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The cells of a mask, each numbered after the hill that is nearest."""
    tops = ((height > HILL) & mask).astype(np.uint8)
    _, number = cv2.connectedComponents(tops)
    _, nearest = cv2.distanceTransformWithLabels(1 - tops, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    names = np.zeros(nearest.max() + 1, np.int32)
    names[nearest[tops > 0]] = number[tops > 0]
    return names[nearest] * mask


def boxes(number: NDArray[Any]) -> list[tuple[int, int, int, int]]:
    """Left, top, right, bottom of the cells of each number but 0; what is tiny is left out."""
    found = []
    for one in range(1, int(number.max()) + 1):
        ys, xs = np.nonzero(number == one)
        if len(ys) >= 30:
            found.append((int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1))
    return found


def matched(truth: list[tuple[int, int, int, int]], found: list[tuple[int, int, int, int]]) -> int:
    """How many of the true boxes have one of their own."""
    free = list(found)
    count = 0
    for box in truth:
        best = max(free, key=lambda other: overlap(box, other), default=None)
        if best is not None and overlap(box, best) >= SAME_BOX:
            free.remove(best)
            count += 1
    return count


def overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> float:
    """Intersection over union."""
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(wide, 0) * max(high, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def milliseconds(session: onnxruntime.InferenceSession) -> float:
    """The median time of one run over a whole tray, on one core."""
    tray = np.zeros((1, 240, 320, 4), np.uint8)
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        session.run(None, {"tray": tray})
        times.append(time.perf_counter() - begun)
    return float(np.median(times)) * 1e3
