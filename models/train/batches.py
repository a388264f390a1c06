"""Batches of views, made ahead in a thread: OpenCV and numpy work outside Python's lock, so steps do not wait."""

import queue
import threading
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from train.augmentation import Augmentation
from train.data import Pictures

_AHEAD = 4


class Batch(NamedTuple):
    """Views uint8 [N, side, side, 3]; of each the share [N] that is photo `first`, the rest being photo `second`."""

    views: NDArray[np.uint8]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    share: NDArray[np.float32]


def epoch_order(labels: NDArray[np.int64], epoch: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Indices of one epoch: by turns every photo once, and as many drawn so that rare products come oftener."""
    if epoch % 2 == 0:
        return random.permutation(len(labels))
    weights = 1 / np.sqrt(np.bincount(labels)[labels])
    return random.choice(len(labels), len(labels), p=weights / weights.sum())


def epoch_batches(
    pictures: Pictures,
    order: NDArray[np.int64],
    side: int,
    size: int,
    how: Augmentation,
    cutmix: float,
    seed: list[int],
) -> Iterator[Batch]:
    """Whole batches of `size` in `order`; the same seed gives the same pixels."""
    ready: queue.Queue[Batch | BaseException | None] = queue.Queue(_AHEAD)

    def produce() -> None:
        try:
            for number in range(len(order) // size):
                chosen = order[number * size : (number + 1) * size]
                random = np.random.default_rng([*seed, number])
                ready.put(make_batch(pictures, chosen, side, how, cutmix, random))
            ready.put(None)
        except BaseException as error:  # handed to the training thread, which raises it
            ready.put(error)

    threading.Thread(target=produce, name="views", daemon=True).start()
    while (item := ready.get()) is not None:
        if isinstance(item, BaseException):
            raise item
        yield item


def make_batch(
    pictures: Pictures,
    chosen: NDArray[np.int64],
    side: int,
    how: Augmentation,
    cutmix: float,
    random: np.random.Generator,
) -> Batch:
    """One batch of views of the `chosen` photos; with probability `cutmix` each holds a window of its neighbour's."""
    cv2.setNumThreads(1)
    others = random.integers(0, len(pictures), len(chosen))
    views = np.stack(
        [
            how.view(pictures.pixels[index], pictures.pixels[other], side, random)
            for index, other in zip(chosen, others, strict=True)
        ]
    )
    share = np.ones(len(chosen), np.float32)
    second = np.roll(chosen, 1)
    if random.random() < cutmix:
        window = int(side * np.sqrt(random.uniform(0.05, 0.5)))
        top, left = random.integers(side - window + 1, size=2)
        rows, columns = slice(top, top + window), slice(left, left + window)
        views[:, rows, columns] = np.roll(views, 1, axis=0)[:, rows, columns]
        share[:] = 1 - window * window / (side * side)
    return Batch(views, chosen, second, share)
