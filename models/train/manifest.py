"""Makes an exported run a folder that the till and `tillsight --models` open as they open the shipped models.

The manifest has the shape of models/manifest.json. ONNX Runtime is not copied: its library is named by a path relative
to the manifest, so that two folders name one file, which is what a process that compares their models needs.
"""

import json
import os
from pathlib import Path

import onnx

from tillmodel.recipes import MODELS_FOLDER, sha256

BUILT = MODELS_FOLDER / "built"
# Of several precisions the one that ships is what a run is first asked by.
DEFAULT_PRECISION = "int8"


def write_manifest(out: Path, built: Path = BUILT) -> list[str]:
    """Writes `out`/manifest.json over the graphs in `out`, with the runtime that lies in `built`. Gives their names."""
    graphs = sorted(out.glob("*.onnx"))
    if not graphs:
        raise ValueError(f"`{out}` holds no ONNX graph: write one with `python -m train export`")
    entries = [_entry(path) for path in graphs]
    if not any(entry["default"] for entry in entries):
        entries[0]["default"] = True
    runtime = json.loads((MODELS_FOLDER / "manifest.json").read_text())["runtime"]
    for library in runtime.values():
        if isinstance(library, dict):
            library["file"] = os.path.relpath(built.resolve() / library["file"], out.resolve())
    path = out / "manifest.json"
    path.write_text(json.dumps({"runtime": runtime, "models": entries}, indent=2) + "\n")
    return [str(entry["name"]) for entry in entries]


def _entry(path: Path) -> dict[str, str | int | bool]:
    """A graph's entry; its file is named `network-side-precision.onnx`."""
    parts = path.stem.split("-")
    if len(parts) != 3:
        raise ValueError(f"`{path}` is not named like `lite2-260-int8.onnx`: give it the name it was exported under")
    network, _, precision = parts
    graph = onnx.load(path).graph
    digest = sha256(path)
    return {
        "name": f"{network}-{precision}",
        "version": f"{path.stem}.{digest[:12]}",
        "file": path.name,
        "sha256": digest,
        "bytes": path.stat().st_size,
        "input_side": graph.input[0].type.tensor_type.shape.dim[1].dim_value,
        "embedding_dim": graph.output[0].type.tensor_type.shape.dim[1].dim_value,
        "default": precision == DEFAULT_PRECISION,
    }
