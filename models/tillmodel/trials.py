"""Trials of photos a model has not seen, as they are kept and as its metadata carries them."""

import json
from pathlib import Path
from typing import Any

METADATA_KEY = "trials"
# Scores are whole numbers of these.
SCORE_UNIT = 1e-4


def save_trials(path: Path, known: list[list[int]], unknown: list[list[int]], provenance: dict[str, Any]) -> None:
    """Writes trials: of `known` products the own one's score first, of `unknown` ones only the others'."""
    path.parent.mkdir(parents=True, exist_ok=True)

    def listed(trials: list[list[int]]) -> str:
        return "[\n" + ",\n".join(json.dumps(trial, separators=(",", ":")) for trial in trials) + "\n]"

    text = f'{{"provenance": {json.dumps(provenance)},\n"known": {listed(known)},\n"unknown": {listed(unknown)}}}\n'
    path.write_text(text)


def load_metadata(path: Path) -> str:
    """Kept trials as the metadata carries them."""
    kept = json.loads(path.read_text())
    return json.dumps({name: kept[name] for name in ("known", "unknown")}, separators=(",", ":"))
