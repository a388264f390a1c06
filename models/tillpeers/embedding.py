"""Times Python's onnxruntime with Pillow's preprocessing, one photo at a time as a till does."""

import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

WARM_UP = 5


def measure_embedding(model: Path, photos: Path, threads: int, count: int) -> dict[str, Any]:
    """Median milliseconds per photo of decoding, preprocessing and the session."""
    import onnxruntime

    from tillmodel.photos import PHOTO_ENDINGS, open_upright, to_input
    from tillmodel.pixels import INPUT_NAME
    from tillmodel.session import input_side, open_session

    found = sorted(path for path in photos.rglob("*") if path.suffix.lower() in PHOTO_ENDINGS)
    if not found:
        raise FileNotFoundError(f"no photos below `{photos}`")
    picked = [found[index] for index in np.linspace(0, len(found) - 1, min(count, len(found))).astype(int)]
    session = open_session(model, threads)
    side = input_side(session)
    for _ in range(WARM_UP):
        session.run(["embedding"], {INPUT_NAME: np.zeros((1, side, side, 3), np.uint8)})
    times: dict[str, list[float]] = {"decode": [], "preprocess": [], "session": []}
    for path in picked:
        started = time.perf_counter()
        image = open_upright(path)
        image.load()
        decoded = time.perf_counter()
        tensor = to_input(image, side)[np.newaxis]
        prepared = time.perf_counter()
        session.run(["embedding"], {INPUT_NAME: tensor})
        done = time.perf_counter()
        times["decode"].append(decoded - started)
        times["preprocess"].append(prepared - decoded)
        times["session"].append(done - prepared)
    both = [before + after for before, after in zip(times["preprocess"], times["session"], strict=True)]
    milliseconds = {name: round(median(values) * 1000, 3) for name, values in times.items()}
    return {
        "onnxruntime": onnxruntime.__version__,
        "model": model.name,
        "images": len(picked),
        "ms": round(median(both) * 1000, 3),
        "preprocess_ms": milliseconds["preprocess"],
        "session_ms": milliseconds["session"],
        "decode_ms": milliseconds["decode"],
    }
