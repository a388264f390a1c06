"""A run's folder: what was asked for (`run.json`), the trained weights (`weights.npz`), a log and figures."""

import dataclasses
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tillmodel.architecture import VARIANTS
from tillmodel.projection import Projection
from tillmodel.recipes import recipe
from tillmodel.weights import Tensors
from train.head import Classifier, Pooling
from train.network import Trunk

Log = Callable[[str], None]

_POOLING, _CLASSIFIER = "pooling.", "classifier."


@dataclass(frozen=True)
class Options:
    """Everything that decides a run's outcome beside the photos. `plan` is (side in pixels, epochs) in order."""

    model: str
    plan: tuple[tuple[int, int], ...]
    frozen: int
    poolings: tuple[str, ...] = ("all", "attention")
    batch: int = 32
    learning_rate: float = 5e-4
    # The share of the learning rate that the first block gets; it grows evenly to 1 at the last.
    earliest_rate: float = 0.1
    weight_decay: float = 0.02
    warm_up_steps: int = 80
    scale: float = 20.0
    margin: float = 0.1
    smoothing: float = 0.1
    cutmix: float = 0.25
    drop_path: float = 0.1
    dropout: float = 0.1
    average: float = 0.996
    imitation: float = 1.0
    teacher: str | None = None
    classes_split: int | None = None
    fold: tuple[int, int] | None = None
    with_val: bool = False
    seed: int = 0

    @property
    def side(self) -> int:
        """The side in pixels at which the model is used."""
        return recipe(self.model).side


# Blocks up to the maps of a quarter of the side keep their weights: they hold edges and colours, and cost the most.
DEFAULTS = {
    "lite2": {"plan": ((192, 10), (260, 12)), "frozen": 5},
    "lite0": {"plan": ((160, 8), (224, 20)), "frozen": 4},
}


class Model(nn.Module):
    """What is trained together."""

    def __init__(self, trunk: Trunk, pooling: Pooling, classifier: Classifier) -> None:
        super().__init__()
        self.trunk, self.pooling, self.classifier = trunk, pooling, classifier


def save_run(folder: Path, options: Options, model: Model, classes: list[int], notes: dict[str, Any]) -> None:
    """Writes the weights and what they are. `classes` are the fine labels in the order of the directions."""
    arrays: Tensors = model.trunk.tensors()
    for prefix, part in ((_POOLING, model.pooling), (_CLASSIFIER, model.classifier)):
        arrays |= {f"{prefix}{name}": value.numpy() for name, value in part.state_dict().items()}
    held = folder / "weights.partial.npz"
    np.savez(held, **arrays)
    held.rename(folder / "weights.npz")
    written = {"options": dataclasses.asdict(options), "classes": classes, **notes}
    (folder / "run.json").write_text(json.dumps(written, indent=2) + "\n")


def load_run(folder: Path) -> tuple[Options, Model, list[int]]:
    """Options, model and classes of a run."""
    written = json.loads((folder / "run.json").read_text())
    options = _options(written["options"])
    with np.load(folder / "weights.npz", allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    parts = (_POOLING, _CLASSIFIER)
    tensors = {name: value for name, value in arrays.items() if not name.startswith(parts)}
    states = [
        {name.removeprefix(part): torch.from_numpy(value) for name, value in arrays.items() if name.startswith(part)}
        for part in parts
    ]
    pooling = Pooling()
    pooling.load_state_dict(states[0])
    shape = states[1]["map.weight"].shape
    blank = Projection(np.ones(shape[::-1], np.float32) + np.eye(*shape[::-1]), np.zeros(shape[0], np.float32))
    classifier = Classifier(blank, states[1]["directions"].numpy())
    classifier.load_state_dict(states[1])
    return options, Model(Trunk(VARIANTS[options.model], tensors), pooling, classifier).eval(), written["classes"]


def trunk_tensors(folder: Path) -> Tensors:
    """The trunk's weights of a run, as `tillmodel` takes them."""
    with np.load(folder / "weights.npz", allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files if not name.startswith((_POOLING, _CLASSIFIER))}


def blended(trained: Tensors, untrained: Tensors, share: float) -> Tensors:
    """`share` of the way from the untrained weights to the trained ones.

    Between the two lie networks that know unseen products better than either end (Wortsman et al., CVPR 2022).
    """
    return {name: (share * value + (1 - share) * untrained[name]).astype(np.float32) for name, value in trained.items()}


def _options(written: dict[str, Any]) -> Options:
    fold = written["fold"]
    return Options(
        **written
        | {
            "plan": tuple(tuple(step) for step in written["plan"]),
            "poolings": tuple(written["poolings"]),
            "fold": tuple(fold) if fold else None,
        }
    )


def open_log(file: Path) -> Log:
    """Writes lines, with the seconds since now, to stderr and to a file."""
    started = time.monotonic()

    def log(line: str) -> None:
        stamped = f"[{time.monotonic() - started:6.0f} s] {line}"
        print(stamped, file=sys.stderr, flush=True)
        with file.open("a") as out:
            out.write(stamped + "\n")

    return log
