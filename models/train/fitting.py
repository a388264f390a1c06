"""The training loop."""

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from torch import Tensor, nn

from tillmodel.architecture import VARIANTS
from tillmodel.projection import fit_projection
from train.augmentation import Augmentation
from train.batches import Batch, epoch_batches, epoch_order
from train.data import Pictures
from train.features import features, model_inputs
from train.head import Classifier, Pooling, imitation_loss, margin_loss
from train.network import Trunk, normalised
from train.runs import Log, Model, Options, load_run
from train.untrained import untrained_weights

_MOMENTA = (0.9, 0.99)
_LAST_RATE = 0.002
# Shrinkage and dimension of the map to start from. It is thrown away, and 256 directions tell these products apart.
_STARTING_MAP = 0.3, 256


@dataclass(frozen=True)
class Teacher:
    """What a trained model says of each clean photo: probabilities [photos, classes], embeddings [photos, 256]."""

    answers: Tensor
    embeddings: Tensor


def fit(
    options: Options, pictures: Pictures, wheels: Path, log: Log, checkpoint: Callable[[Model], None]
) -> tuple[Model, list[int]]:
    """Trains on every one of `pictures`; returns the averaged model and the fine labels it tells apart."""
    torch.manual_seed(options.seed)
    classes, labels = np.unique(pictures.photos.fine, return_inverse=True)
    model = _initial_model(options, pictures, labels, wheels)
    teacher = _teacher(options, pictures, classes)
    task = _Task(options, model, labels, teacher)
    sides = [side for side, epochs in options.plan for _ in range(epochs)]
    total = len(sides) * (len(pictures) // options.batch)
    log(f"{len(pictures)} photos of {len(classes)} products, {total} steps, sides {sides}")
    order = np.random.default_rng([options.seed, 1])
    for epoch, side in enumerate(sides):
        started, losses, right = time.monotonic(), [], []
        batches = epoch_batches(
            pictures,
            epoch_order(labels, epoch, order),
            side,
            options.batch,
            Augmentation(),
            options.cutmix,
            [options.seed, 2, epoch],
        )
        for batch in batches:
            loss, share = task.step(batch, total)
            losses.append(loss)
            right.append(share)
        taken = time.monotonic() - started
        log(
            f"epoch {epoch + 1}/{len(sides)} side {side} loss {np.mean(losses):.3f} "
            f"right {np.mean(right):.3f} in {taken:.0f} s"
        )
        checkpoint(task.averaged)
    return task.averaged, classes.tolist()


def _initial_model(options: Options, pictures: Pictures, labels: NDArray[np.int64], wheels: Path) -> Model:
    """The ImageNet trunk with the projection and prototypes that already work without training."""
    tensors, _ = untrained_weights(options.model, wheels)
    trunk, pooling = Trunk(VARIANTS[options.model], tensors, options.frozen, options.drop_path), Pooling()
    pooled = features(trunk, pooling, model_inputs(pictures, options.side))["all"]
    projection = fit_projection(pooled, labels, *_STARTING_MAP)
    embeddings = projection.apply(pooled)
    prototypes = np.stack([embeddings[labels == label].mean(axis=0) for label in range(labels.max() + 1)])
    return Model(trunk, pooling, Classifier(projection, prototypes))


def _teacher(options: Options, pictures: Pictures, classes: NDArray[np.int64]) -> Teacher | None:
    if options.teacher is None:
        return None
    theirs, model, known = load_run(Path(options.teacher))
    if known != classes.tolist():
        raise ValueError(f"the teacher `{options.teacher}` was trained on other products")
    pooled = features(model.trunk, model.pooling, model_inputs(pictures, theirs.side))["all"]
    with torch.no_grad():
        embeddings = model.classifier.embed(torch.from_numpy(pooled))
        return Teacher((theirs.scale * model.classifier.cosines(embeddings)).softmax(1), embeddings)


class _Task:
    """A model in training: its optimiser, its moving average, and one step."""

    def __init__(self, options: Options, model: Model, labels: NDArray[np.int64], teacher: Teacher | None) -> None:
        self.options, self.model, self.teacher = options, model.train(), teacher
        self.averaged = copy.deepcopy(model).eval()
        self.answers = functional.one_hot(torch.from_numpy(labels)).float()
        self.to_teacher = nn.Linear(model.classifier.map.in_features, model.classifier.map.out_features)
        self.optimiser = torch.optim.AdamW(_parameter_groups(options, model, self.to_teacher), betas=_MOMENTA)
        self.steps = 0

    def step(self, batch: Batch, total: int) -> tuple[float, float]:
        """One step; returns the loss and the share of views whose first photo's product was named."""
        self._set_rates(total)
        loss, cosines = self._loss(batch)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.steps += 1
        self._average()
        wanted = self.answers[torch.from_numpy(batch.first)].argmax(1)
        return loss.item(), (cosines.argmax(1) == wanted).float().mean().item()

    def _loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        options, model = self.options, self.model
        images = normalised(torch.from_numpy(batch.views)).bfloat16()
        head_map = model.trunk(images).float()
        targets, losses = _mixed(self.answers, batch), []
        for kind in options.poolings:
            pooled = functional.dropout(model.pooling(head_map, kind), options.dropout)
            cosines = model.classifier.cosines(model.classifier.embed(pooled))
            loss = margin_loss(cosines, targets, options.scale, options.margin, options.smoothing)
            if self.teacher is not None:
                loss = loss + options.imitation * self._imitation(batch, pooled, cosines)
            losses.append(loss)
        return torch.stack(losses).mean(), cosines

    def _imitation(self, batch: Batch, pooled: Tensor, cosines: Tensor) -> Tensor:
        """The teacher's answers, and its embeddings through a map that is thrown away afterwards."""
        answers = imitation_loss(cosines, _mixed(self.teacher.answers, batch), self.options.scale)
        seen = functional.normalize(self.to_teacher(functional.normalize(pooled, dim=1)), dim=1)
        wanted = functional.normalize(_mixed(self.teacher.embeddings, batch), dim=1)
        return answers + 1 - (seen * wanted).sum(1).mean()

    def _set_rates(self, total: int) -> None:
        """Linear warm-up, then half a cosine."""
        warm = min(1.0, (self.steps + 1) / self.options.warm_up_steps)
        factor = warm * (0.5 + 0.5 * math.cos(math.pi * self.steps / total)) + _LAST_RATE
        for group in self.optimiser.param_groups:
            group["lr"] = group["full_rate"] * factor

    def _average(self) -> None:
        """Moves the average towards the model; faster in the beginning, when there is little to average."""
        keep = min(self.options.average, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.averaged.parameters()), list(self.model.parameters()), 1 - keep)


def _mixed(values: Tensor, batch: Batch) -> Tensor:
    """Rows of `values` [photos, n] for the views of a batch, mixed as the views are."""
    share = torch.from_numpy(batch.share)[:, None]
    return share * values[torch.from_numpy(batch.first)] + (1 - share) * values[torch.from_numpy(batch.second)]


def _parameter_groups(options: Options, model: Model, to_teacher: nn.Module) -> list[dict]:
    """Early blocks learn slowly; what has no ImageNet value to lose learns at full rate; only kernels decay."""
    last = len(model.trunk.blocks) - 1
    rates = [
        (block, options.earliest_rate + (1 - options.earliest_rate) * depth / last)
        for depth, block in enumerate(model.trunk.blocks)
    ]
    rates += [(model.pooling, 1.0), (model.classifier.map, 1.0), (to_teacher, 1.0)]
    groups = [{"params": [model.classifier.directions], "full_rate": 2 * options.learning_rate, "weight_decay": 0.0}]
    for part, rate in rates:
        trained = [parameter for parameter in part.parameters() if parameter.requires_grad]
        for decays in (True, False):
            chosen = [parameter for parameter in trained if (parameter.ndim > 1) == decays]
            if chosen:
                decay = options.weight_decay if decays else 0.0
                groups.append({"params": chosen, "full_rate": rate * options.learning_rate, "weight_decay": decay})
    return groups
