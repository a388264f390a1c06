"""Writes a run as the files the till's models are made of, laid out as `models/` is, and the models themselves.

Weights are first rounded as they are kept (kernels in 16 bits, the rest in 32), so that the kept file and the graphs
agree to the bit and graphs can be made again from the file. Every graph gets a projection of its own, fitted on its
own features of the photos that the run was trained on.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx

from tillmodel import trials
from tillmodel.architecture import VARIANTS
from tillmodel.build import build_model
from tillmodel.calibration import calibrated_ranges, spread_over
from tillmodel.head import EMBEDDED
from tillmodel.int8_trunk import Ranges
from tillmodel.photos import Photos
from tillmodel.projection import DIMENSION, SHRINKAGE, fit_projection, save_projection
from tillmodel.ranges import save_ranges
from tillmodel.recipes import sha256
from tillmodel.seen import METADATA_KEY, photo_names, save_names
from tillmodel.session import open_session, run_photos
from tillmodel.weights import Tensors, kept_weights, save_weights
from train.runs import Log, Options, blended, trunk_tensors
from train.untrained import untrained_weights

CALIBRATION_PHOTOS = 256
PRECISIONS = ("int8", "fp16")

Note = dict[str, object]


def export(
    run: Path, options: Options, share: float, photos: Photos, precision: str, out: Path, wheels: Path, log: Log
) -> None:
    """Writes `weights/`, `ranges/`, `projections/` and `built/*.onnx` of `run`, which was trained on `photos`.

    The weights lie `share` of the way from the ImageNet ones to the trained ones. Trials that lie in `out/trials` are
    carried by the graph.
    """
    stem = f"{options.model}-{options.side}"
    weights = out / "weights" / f"{stem}.npz"
    untrained, untrained_sha256 = untrained_weights(options.model, wheels)
    tensors = kept_weights(blended(trunk_tensors(run), untrained, share))
    save_weights(weights, tensors)
    note: Note = run_provenance(run, photos) | {"trained_share": share, "untrained_weights_sha256": untrained_sha256}
    note["weights_sha256"] = sha256(weights)
    weights.with_suffix(".json").write_text(json.dumps(note, indent=2) + "\n")
    ranges = None
    if precision == "int8":
        ranges = calibrated_ranges(
            tensors, VARIANTS[options.model], options.side, spread_over(photos.paths, CALIBRATION_PHOTOS)
        )
        (out / "ranges").mkdir(exist_ok=True)
        save_ranges(out / "ranges" / f"{stem}.json", ranges, note | {"calibration_photos": CALIBRATION_PHOTOS})
    model = _with_projection(tensors, options, photos, ranges, out / "projections" / f"{stem}-{precision}.npz", note)
    path = out / "built" / f"{stem}-{precision}.onnx"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(model.SerializeToString(deterministic=True))
    log(f"wrote {path.name}, {path.stat().st_size} bytes, sha256 {sha256(path)}")


def run_provenance(run: Path, photos: Photos) -> Note:
    """What the weights were made from; names and hashes only, no place on a computer."""
    written = json.loads((run / "run.json").read_text())
    teacher = written["options"]["teacher"]
    options = written["options"] | {"teacher": Path(teacher).name if teacher else None}
    hashes = (run / "photos.sha256").read_bytes()
    return {
        "run": run.name,
        "options": options,
        "torch": written["torch"],
        "photos": len(photos.paths),
        "products": len(np.unique(photos.fine)),
        "photo_hashes_sha256": hashlib.sha256(hashes).hexdigest(),
    }


def _with_projection(
    tensors: Tensors, options: Options, photos: Photos, ranges: Ranges | None, path: Path, note: Note
) -> onnx.ModelProto:
    """The graph with a projection fitted for it, which is written to `path`; without `ranges` in 16-bit floats."""
    variant, half = VARIANTS[options.model], ranges is None
    plain = build_model(tensors, variant, options.side, None, ranges, half_weights=half)
    (features,) = run_photos(open_session(plain.SerializeToString()), photos.paths, [EMBEDDED])
    projection = fit_projection(features, photos.fine, SHRINKAGE, DIMENSION)
    path.parent.mkdir(exist_ok=True)
    save_projection(path, projection, {"model": path.stem} | note | {"shrinkage": SHRINKAGE, "dimension": DIMENSION})
    names = photo_names(photos.paths)
    save_names(path.with_suffix(".photos"), names)
    metadata = {
        "name": path.stem,
        "weights_sha256": str(note["weights_sha256"]),
        "projection_sha256": sha256(path),
        "licence": "Apache-2.0",
        METADATA_KEY: "".join(names),
    }
    kept_trials = path.parent.parent / "trials" / f"{path.stem}.json"
    if kept_trials.is_file():
        metadata[trials.METADATA_KEY] = trials.load_metadata(kept_trials)
    return build_model(tensors, variant, options.side, projection, ranges, metadata, half_weights=half)
