"""Runs models with Python's onnxruntime, for fitting and measuring only."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from tillmodel.photos import load_input
from tillmodel.pixels import INPUT_NAME

BATCH = 8


def open_session(model: Path | bytes, threads: int = 0) -> onnxruntime.InferenceSession:
    """A CPU session; `threads` 0 takes every core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # As the till does: waiting threads give their core to the rest of the box.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def input_side(session: onnxruntime.InferenceSession) -> int:
    """The side of the square input."""
    return int(session.get_inputs()[0].shape[1])


def photo_batches(
    session: onnxruntime.InferenceSession, paths: list[Path], outputs: list[str]
) -> Iterator[list[NDArray[np.float32]]]:
    """The named outputs, a batch of photos at a time and in order; progress goes to stderr."""
    side = input_side(session)
    with ThreadPoolExecutor() as pool:
        for start in range(0, len(paths), BATCH):
            batch = np.stack(list(pool.map(lambda path: load_input(path, side), paths[start : start + BATCH])))
            yield session.run(outputs, {INPUT_NAME: batch})
            _show_progress(min(start + BATCH, len(paths)), len(paths))


def run_photos(
    session: onnxruntime.InferenceSession, paths: list[Path], outputs: list[str]
) -> list[NDArray[np.float32]]:
    """The named outputs of all photos."""
    return [np.concatenate(parts) for parts in zip(*photo_batches(session, paths, outputs), strict=True)]


def _show_progress(done: int, total: int) -> None:
    if done == total or done % (BATCH * 25) == 0:
        print(f"  {done} of {total} photos", file=sys.stderr, flush=True)
