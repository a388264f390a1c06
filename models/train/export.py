"""Writes a run as the files the till loads: ONNX graphs with the inputs and outputs of the shipped models.

Weights are first rounded as they are kept (kernels in 16 bits, the rest in 32), so that the kept file and the graphs
agree to the bit and graphs can be made again from the file. Every graph gets a projection of its own, fitted on its
own features of the photos that the run was trained on.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx

from tillmodel.architecture import VARIANTS
from tillmodel.build import build_model, read_weights
from tillmodel.calibration import calibrated_ranges, spread_over
from tillmodel.int8_trunk import Ranges
from tillmodel.photos import Photos
from tillmodel.projection import fit_projection, save_projection
from tillmodel.ranges import save_ranges
from tillmodel.recipes import sha256
from tillmodel.seen import METADATA_KEY, photo_names
from tillmodel.session import open_session, run_photos
from tillmodel.torch_legacy import Tensors
from train.evaluation import DIMENSION, SHRINKAGE
from train.runs import Log, Options, blended, trunk_tensors

CALIBRATION_PHOTOS = 256


def export(
    run: Path, options: Options, share: float, photos: Photos, embedded: str, out: Path, wheels: Path, log: Log
) -> None:
    """Writes weights, ranges, projections and graphs of `run`, which was trained on `photos`, into `out`.

    The weights lie `share` of the way from the ImageNet ones to the trained ones. `embedded` names the pooled output
    (`pooled_centre`, `pooled_all`) that the embedding is made of.
    """
    out.mkdir(parents=True, exist_ok=True)
    stem = f"{options.model}-{options.side}"
    weights = out / f"{stem}.npz"
    untrained, untrained_sha256 = read_weights(options.model, wheels)
    tensors = kept_weights(blended(trunk_tensors(run), untrained, share))
    np.savez(weights, **tensors)
    provenance = run_provenance(run, photos) | {
        "trained_share": share,
        "untrained_weights_sha256": untrained_sha256,
        "weights_sha256": sha256(weights),
    }
    ranges = calibrated_ranges(
        tensors, VARIANTS[options.model], options.side, spread_over(photos.paths, CALIBRATION_PHOTOS)
    )
    save_ranges(out / f"{stem}.json", ranges, provenance | {"calibration_photos": CALIBRATION_PHOTOS})
    for precision, of_precision in (("fp16", None), ("int8", ranges)):
        model = _with_projection(tensors, options, photos, of_precision, embedded, out, precision, provenance)
        path = out / f"{stem}-{precision}.onnx"
        path.write_bytes(model.SerializeToString(deterministic=True))
        log(f"wrote {path.name}, {path.stat().st_size} bytes, sha256 {sha256(path)}")


def kept_weights(tensors: Tensors) -> Tensors:
    """Convolution kernels rounded to 16 bits, which is most of the file; batch norm needs the range of 32."""
    return {name: value.astype(np.float16 if value.ndim == 4 else np.float32) for name, value in tensors.items()}


def run_provenance(run: Path, photos: Photos) -> dict[str, object]:
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
    tensors: Tensors,
    options: Options,
    photos: Photos,
    ranges: Ranges | None,
    embedded: str,
    out: Path,
    precision: str,
    provenance: dict[str, object],
) -> onnx.ModelProto:
    stem = f"{options.model}-{options.side}-{precision}"
    variant, half = VARIANTS[options.model], ranges is None
    plain = build_model(tensors, variant, options.side, None, ranges, half_weights=half)
    (features,) = run_photos(open_session(plain.SerializeToString()), photos.paths, [embedded])
    projection = fit_projection(features, photos.fine, SHRINKAGE, DIMENSION)
    path = out / f"{stem}-projection.npz"
    save_projection(path, projection, provenance | {"shrinkage": SHRINKAGE, "dimension": DIMENSION})
    metadata = {
        "name": stem,
        "weights_sha256": str(provenance["weights_sha256"]),
        "projection_sha256": sha256(path),
        "licence": "Apache-2.0",
        METADATA_KEY: "".join(photo_names(photos.paths)),
    }
    return build_model(tensors, variant, options.side, projection, ranges, metadata, embedded, half)
