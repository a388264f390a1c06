"""Trials of photos a model has not seen: what the till judges by where enrolled photos are those it was trained on.

A model knows the photos it learnt from far too well for them to tell how sure it may be of new ones. So runs that were
kept from a fold each enrol what they learnt from and are asked about the fold, through their 8-bit graphs. What came of
it goes with the model of the same recipe that has seen everything, and `vision::calibrate` learns from it.

The photos of a fold lie among those that were learnt, and promise more than next month's will keep. So each is asked of
only those few photos of its product that are least like it. Photos of `val` are neither enrolled nor asked about:
figures on them stay figures of photos that nothing was fitted on.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tillmodel.photos import Photos
from tillmodel.projection import unit_length
from tillmodel.session import open_session, run_photos
from tillmodel.trials import UNIT, save_trials
from train.data import folds, joined, read_splits

# As in the till (`vision::calibrate::evidence`): the product's mean, and its most alike photo...
PROTOTYPE_SHARE = 0.75
# ...and what is usual of a product: the cosine of two of its photos, blended with one that counts for so many photos.
USUAL_COSINE, USUAL_COUNTS, LEAST_COSINE = 0.5, 2, 0.05
# Photos of its product, the least like it, that a photo is asked of.
STRANGE_PHOTOS = 3
# Products kept of each trial; those further off weigh nothing.
RIVALS = 5
# Trials of products never enrolled that are kept: a model carries them wherever it goes. Of enrolled ones all are, for
# thresholds hang on the few that are wrong.
UNKNOWN_MOST = 1000

Vectors = NDArray[np.floating]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Evidence:
    """What speaks for each product [photos, products], in the order of their labels."""

    scores: Vectors
    likeness: Vectors


def write_trials(exports: list[Path], dataset: Path, out: Path) -> Path:
    """Asks the exported fold runs `exports` (all of one model) and writes `out/trials/MODEL.json`; returns its path."""
    known: list[list[int]] = []
    unknown: list[list[int]] = []
    stems, runs = set(), []
    for folder in exports:
        graph = _only(folder / "built", "*-int8.onnx")
        note = json.loads(_only(folder / "weights", "*.json").read_text())
        enrolled, asked = _split(note, dataset)
        (gallery,) = run_photos(open_session(graph), enrolled.paths, ["embedding"])
        (queries,) = run_photos(open_session(graph), asked.paths, ["embedding"])
        own = np.searchsorted(np.unique(enrolled.fine), asked.fine)
        by_all = evidence(gallery, enrolled.fine, queries)
        strange = least_alike(by_all, gallery, enrolled.fine, queries, own)
        known += [trial(strange, photo, product) for photo, product in enumerate(own)]
        unknown += [trial(by_all, photo, product, is_enrolled=False) for photo, product in enumerate(own)]
        stems.add(graph.stem)
        runs.append(note["run"])
    if len(stems) != 1:
        raise ValueError(f"these are runs of different models ({', '.join(sorted(stems))}): give those of one")
    path = out / "trials" / f"{stems.pop()}.json"
    note = {"runs": runs, "photos": len(known), "right": right(known)}
    save_trials(path, {"known": known, "unknown": evenly(unknown)}, note)
    return path


def evidence(gallery: Vectors, labels: Labels, queries: Vectors) -> Evidence:
    """By all photos of each product."""
    products = np.unique(labels)
    sums = np.stack([gallery[labels == label].sum(axis=0) for label in products])
    counts = np.array([(labels == label).sum() for label in products])
    cosines = queries @ gallery.T
    nearest = np.stack([cosines[:, labels == label].max(axis=1) for label in products], axis=1)
    return _evidence(queries @ unit_length(sums).T, nearest, usual_cosine(counts, np.linalg.norm(sums, axis=1)))


def least_alike(found: Evidence, gallery: Vectors, labels: Labels, queries: Vectors, own: Labels) -> Evidence:
    """The same, but each photo's own product by those of its photos that are least like it. All of them say what is
    usual."""
    products = np.unique(labels)
    scores, likeness = found.scores.copy(), found.likeness.copy()
    for photo, product in enumerate(own):
        views = gallery[labels == products[product]]
        cosines = views @ queries[photo]
        kept = np.argsort(cosines, kind="stable")[:STRANGE_PHOTOS]
        usual = usual_cosine(np.array(len(views)), np.linalg.norm(views.sum(axis=0)))
        one = _evidence(queries[photo] @ unit_length(views[kept].sum(axis=0)), cosines[kept].max(), usual)
        scores[photo, product], likeness[photo, product] = one.scores, one.likeness
    return Evidence(scores, likeness)


def usual_cosine(counts: Labels, lengths: Vectors) -> Vectors:
    """The cosine that another photo of a product has with the mean of `counts` whose sums have these lengths."""
    pairs = counts * (counts - 1)
    among = np.where(pairs > 0, (lengths**2 - counts) / np.maximum(pairs, 1), USUAL_COSINE)
    seen = counts - 1
    cosine = ((seen * among + USUAL_COUNTS * USUAL_COSINE) / (seen + USUAL_COUNTS)).clip(LEAST_COSINE, 1)
    return cosine * np.sqrt(counts) / np.sqrt(1 + seen * cosine)


def trial(found: Evidence, photo: int, own: int, is_enrolled: bool = True) -> list[int]:
    """How much a photo looks like what is usual of the product that scores highest, then the highest scores, the own
    product's first where it is enrolled; as whole numbers."""
    scores, likeness = found.scores[photo], found.likeness[photo]
    others = np.delete(np.arange(len(scores)), own)
    others = others[np.argsort(-scores[others], kind="stable")]
    listed = [own, *others][:RIVALS] if is_enrolled else others[:RIVALS]
    first = max(listed, key=lambda product: scores[product])
    return [round(float(value) / UNIT) for value in [likeness[first], *scores[listed]]]


def evenly(trials: list[list[int]]) -> list[list[int]]:
    """At most `UNKNOWN_MOST`, evenly over all."""
    chosen = np.unique(np.linspace(0, len(trials) - 1, min(UNKNOWN_MOST, len(trials))).astype(int))
    return [trials[index] for index in chosen] if trials else []


def right(enrolled: list[list[int]]) -> float:
    """The share of trials whose own product scores highest."""
    return round(float(np.mean([scores[0] >= max(scores) for _, *scores in enrolled])), 4)


def _evidence(prototype: Vectors, nearest: Vectors, usual: Vectors) -> Evidence:
    return Evidence(PROTOTYPE_SHARE * prototype + (1 - PROTOTYPE_SHARE) * nearest, prototype / usual)


def _split(note: dict, dataset: Path) -> tuple[Photos, Photos]:
    """The photos of `train` that a run learnt from, and those it was kept from."""
    if note["options"]["fold"] is None:
        raise ValueError(f"`{note['run']}` was kept from no fold: give runs of `fit --fold I/K`")
    held_out, count = note["options"]["fold"]
    train, val = read_splits(dataset, ["train"]), read_splits(dataset, ["val"])
    in_fold = folds(joined([train, val]), count)[: len(train.paths)] == held_out
    return train.only(~in_fold), train.only(in_fold)


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise ValueError(f"`{folder}` holds {len(found)} files `{pattern}`, expected one: is it what `export` wrote?")
    return found[0]
