"""Fits the network to trays that are drawn while it learns."""

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .network import Network, loss_of, targets
from .scenes import Mix, draw_tray
from .shapes import Surfaces

BATCH = 8
# New trays a step; each is learnt from some four times before it makes room.
NEW = 2
KEPT = 640
WARM_UP = 160
RATE = 4e-3


@dataclass(frozen=True)
class Fitted:
    """A fitted network and how it went."""

    network: Network
    trays: int
    seconds: float
    loss: float


class Trays:
    """Trays drawn lately, with what the network should say of them."""

    def __init__(self, surfaces: Surfaces, mix: Mix, rng: np.random.Generator) -> None:
        self.surfaces, self.mix, self.rng = surfaces, mix, rng
        self.kept: list[np.ndarray] = []
        self.drawn = 0

    def draw(self, count: int) -> None:
        """Draws some more and forgets the oldest."""
        for _ in range(count):
            tray = draw_tray(self.surfaces, self.rng, self.mix)
            depth, outline = targets(tray)
            held = np.dstack([tray.seen, depth, outline, (tray.owner > 0).astype(np.uint8) * 255])
            if len(self.kept) < KEPT:
                self.kept.append(held)
            else:
                self.kept[self.drawn % KEPT] = held
            self.drawn += 1

    def batch(self) -> Tensor:
        """Some of them, turned and mirrored, as N x 7 x H x W from 0 to 1."""
        chosen = [self.kept[i] for i in self.rng.integers(len(self.kept), size=BATCH)]
        turned = []
        for held in chosen:
            mirrored = held[:: self.rng.choice([1, -1]), :: self.rng.choice([1, -1])]
            light = self.rng.uniform(0.8, 1.2, 3) * self.rng.uniform(0.7, 1.2)
            seen = np.clip(mirrored[..., :3] * light, 0, 255)
            turned.append(np.concatenate([seen, mirrored[..., 3:]], 2))
        stacked = np.stack(turned).astype(np.float32).transpose(0, 3, 1, 2) / 255
        return torch.from_numpy(np.ascontiguousarray(stacked))


def fit(surfaces: Surfaces, mix: Mix, seed: int, steps: int) -> Fitted:
    """A network fitted in so many steps; the same seed makes the same one on the same machine."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    begun = time.process_time()
    trays = Trays(surfaces, mix, np.random.default_rng(seed))
    trays.draw(WARM_UP)
    network = Network().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.15)
    mean = 0.0
    for step in range(steps):
        trays.draw(NEW)
        loss = _step(network, trays.batch())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        mean += (float(loss.detach()) - mean) / min(step + 1, 100)
        if step % 50 == 49:
            print(f"step {step + 1} of {steps}: loss {mean:.4f}, {time.process_time() - begun:.0f} s", flush=True)
    return Fitted(network.eval(), trays.drawn, time.process_time() - begun, mean)


def _step(network: Network, batch: Tensor) -> Tensor:
    logits = network(batch[:, :4].contiguous(memory_format=torch.channels_last))
    depth = torch.nn.functional.avg_pool2d(batch[:, 4:5], 2)[:, 0]
    outline = torch.nn.functional.max_pool2d(batch[:, 5:6], 2)[:, 0]
    covered = torch.maximum(batch[:, 3], batch[:, 6])[:, None]
    inside = torch.nn.functional.max_pool2d(covered, 2)[:, 0]
    return loss_of(logits, depth, outline, inside)
