"""Trials of photos a model has not seen, as they are kept and as its metadata carries them."""

import json
from pathlib import Path
from typing import Any

METADATA_KEY = "trials"
# Numbers are whole multiples of this.
UNIT = 1e-4
KINDS = ("known", "unknown")


def save_trials(path: Path, trials: dict[str, list[list[int]]], provenance: dict[str, Any]) -> None:
    """Writes the trials of each kind, one a line."""
    path.parent.mkdir(parents=True, exist_ok=True)

    def listed(kind: str) -> str:
        lines = ",\n".join(json.dumps(trial, separators=(",", ":")) for trial in trials[kind])
        return f'"{kind}": [\n{lines}\n]'

    kinds = ",\n".join(listed(kind) for kind in KINDS)
    path.write_text(f'{{"provenance": {json.dumps(provenance)},\n{kinds}}}\n')


def load_metadata(path: Path) -> str:
    """Kept trials as the metadata carries them."""
    kept = json.loads(path.read_text())
    return json.dumps({kind: kept[kind] for kind in KINDS}, separators=(",", ":"))
