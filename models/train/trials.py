"""Trials of photos a model has not seen: what the till judges by where enrolled photos are those it was trained on.

A model knows the photos it learnt from far too well for them to tell how sure it may be of new ones. So a run that was
kept from some photos (val, or a fold) enrols what it learnt from and is asked about those, through its 8-bit graph.
The scores go with the model of the same recipe that has seen everything, and `vision::calibrate` learns from them.

Photos of val were taken apart from those of train, as a shop's are from one season to the next; those of a fold lie
among the ones that were learnt. A shop meets both kinds, and neither alone tells how sure to be: half of what is kept
is of each.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tillmodel.photos import Photos
from tillmodel.projection import unit_length
from tillmodel.session import open_session, run_photos
from tillmodel.trials import SCORE_UNIT, save_trials
from train.data import folds, joined, read_splits

# As in the till (`vision::calibrate::evidence`): the product's mean, and its most alike photo.
PROTOTYPE_SHARE = 0.75
# Products kept of each trial; those further off weigh nothing.
RIVALS = 12
# Trials kept in all, evenly over those made: a model carries them wherever it goes.
MOST = 600

Scores = NDArray[np.floating]


def write_trials(exports: list[Path], dataset: Path, out: Path) -> Path:
    """Asks the exported runs `exports` (all of one model) and writes `out/trials/MODEL.json`; returns its path."""
    apart: list[Trial] = []
    among: list[Trial] = []
    stems, runs = set(), []
    for folder in exports:
        graph = _only(folder / "built", "*-int8.onnx")
        note = json.loads(_only(folder / "weights", "*.json").read_text())
        (among if note["options"]["fold"] else apart).extend(_trials(graph, note, dataset))
        stems.add(graph.stem)
        runs.append(note["run"])
    if len(stems) != 1:
        raise ValueError(f"these are runs of different models ({', '.join(sorted(stems))}): give those of one")
    kept = _evenly(apart, MOST // 2 if among else MOST)
    kept += _evenly(among, MOST - len(kept))
    path = out / "trials" / f"{stems.pop()}.json"
    known = [trial.known for trial in kept]
    note = {"runs": runs, "photos": len(apart) + len(among), "kept": len(kept), "right": right(known)}
    save_trials(path, known, [trial.unknown for trial in kept], note)
    return path


@dataclass(frozen=True)
class Trial:
    """One photo asked about: with its product enrolled (its own score first), and without."""

    known: list[int]
    unknown: list[int]


def _trials(graph: Path, note: dict, dataset: Path) -> list[Trial]:
    enrolled, asked = _splits(note, dataset)
    (gallery,) = run_photos(open_session(graph), enrolled.paths, ["embedding"])
    (queries,) = run_photos(open_session(graph), asked.paths, ["embedding"])
    found = product_scores(gallery, enrolled.fine, queries)
    own = np.searchsorted(np.unique(enrolled.fine), asked.fine)
    return [
        Trial(_trial(scores, index), _trial(np.delete(scores, index))) for scores, index in zip(found, own, strict=True)
    ]


def _evenly(trials: list[Trial], most: int) -> list[Trial]:
    chosen = np.unique(np.linspace(0, len(trials) - 1, min(most, len(trials))).astype(int))
    return [trials[index] for index in chosen] if trials else []


def product_scores(gallery: Scores, labels: NDArray[np.int64], queries: Scores) -> Scores:
    """What speaks for each product [queries, products], in the order of their labels."""
    products = np.unique(labels)
    prototypes = unit_length(np.stack([gallery[labels == label].mean(axis=0) for label in products]))
    cosines = queries @ gallery.T
    nearest = np.stack([cosines[:, labels == label].max(axis=1) for label in products], axis=1)
    return PROTOTYPE_SHARE * (queries @ prototypes.T) + (1 - PROTOTYPE_SHARE) * nearest


def right(known: list[list[int]]) -> float:
    """The share of trials whose own product scores highest."""
    return round(float(np.mean([trial[0] >= max(trial) for trial in known])), 4)


def _trial(scores: Scores, own: int | None = None) -> list[int]:
    """The highest scores as whole numbers, the own product's first."""
    first = [] if own is None else [scores[own]]
    others = np.sort(scores if own is None else np.delete(scores, own))[::-1]
    return [round(float(score) / SCORE_UNIT) for score in [*first, *others][:RIVALS]]


def _splits(note: dict, dataset: Path) -> tuple[Photos, Photos]:
    """The photos that a run learnt from, and those it was kept from."""
    options = note["options"]
    if options["with_val"] or options["classes_split"] is not None:
        raise ValueError(f"`{note['run']}` was kept from no photo of a product it knows: give a train-only or fold run")
    train, val = read_splits(dataset, ["train"]), read_splits(dataset, ["val"])
    if options["fold"] is None:
        return train, val
    held_out, count = options["fold"]
    everything = joined([train, val])
    in_fold = folds(everything, count) == held_out
    return everything.only(~in_fold), everything.only(in_fold)


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise ValueError(f"`{folder}` holds {len(found)} files `{pattern}`, expected one: is it what `export` wrote?")
    return found[0]
