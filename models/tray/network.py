"""The network: a small U-net from a tray in cells to how deep inside its thing each cell lies."""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from .scenes import Tray

# Channels at a half, a quarter, an eighth, a sixteenth of the cells' resolution.
CHANNELS = (12, 24, 48, 64)


class Block(nn.Sequential):
    """A 3x3 convolution, normalised over the batch, then ReLU."""

    def __init__(self, given: int, made: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__(
            nn.Conv2d(given, made, 3, stride, dilation, dilation, bias=False), nn.BatchNorm2d(made), nn.ReLU()
        )


class Network(nn.Module):
    """Takes red, green, blue and the mask from 0 to 1; gives logits of depth and of outline at half the resolution."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d = CHANNELS
        self.down = nn.ModuleList(
            [
                nn.Sequential(Block(4, a, 2), Block(a, a)),
                nn.Sequential(Block(a, b, 2), Block(b, b)),
                nn.Sequential(Block(b, c, 2), Block(c, c)),
                nn.Sequential(Block(c, d, 2), Block(d, d), Block(d, d, dilation=2)),
            ]
        )
        self.narrow = nn.ModuleList([nn.Conv2d(d, c, 1), nn.Conv2d(c, b, 1), nn.Conv2d(b, a, 1)])
        self.up = nn.ModuleList([Block(c, c), Block(b, b), Block(a, a)])
        self.head = nn.Conv2d(a, 2, 1)

    def forward(self, tray: Tensor) -> Tensor:
        """From N x 4 x H x W, H and W multiples of 16, to N x 2 x H/2 x W/2."""
        levels = [tray]
        for down in self.down:
            levels.append(down(levels[-1]))
        x = levels[-1]
        for narrow, up, beside in zip(self.narrow, self.up, reversed(levels[1:-1]), strict=True):
            wide = functional.interpolate(narrow(x), scale_factor=2.0, mode="bilinear", align_corners=False)
            x = up(wide + beside)
        return self.head(x)


def targets(tray: Tray) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """What the network should say of each cell, from 0 to 255: depth and outline; 1 in the depth is no thing's."""
    owner = tray.owner
    depth = np.zeros(owner.shape, np.float32)
    padded = np.pad(owner, 1)
    for thing in range(1, int(owner.max()) + 1):
        ys, xs = np.nonzero(owner == thing)
        if len(ys) == 0:
            continue
        span = slice(ys.min(), ys.max() + 3), slice(xs.min(), xs.max() + 3)
        far = cv2.distanceTransform((padded[span] == thing).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
        inner = slice(ys.min(), ys.max() + 1), slice(xs.min(), xs.max() + 1)
        np.maximum(depth[inner], far / max(far.max(), 1), out=depth[inner])
    outline = np.zeros(owner.shape, np.bool_)
    for before, after in (((slice(None), slice(-1)), (slice(None), slice(1, None))), ((slice(-1),), (slice(1, None),))):
        differs = (owner[before] != owner[after]) & (owner[before] > 0) & (owner[after] > 0)
        outline[before] |= differs
        outline[after] |= differs
    return np.round(depth * 255).astype(np.uint8), outline.astype(np.uint8) * 255


def loss_of(logits: Tensor, depth: Tensor, outline: Tensor, inside: Tensor) -> Tensor:
    """Both errors over the cells that a mask or a thing covers."""
    said = torch.sigmoid(logits[:, 0])
    count = inside.sum().clamp(min=1)
    off = (functional.smooth_l1_loss(said, depth, beta=0.1, reduction="none") * inside).sum() / count
    weight = inside * (1 + 3 * outline)
    missed = functional.binary_cross_entropy_with_logits(logits[:, 1], outline, reduction="none")
    return off * 4 + (missed * weight).sum() / count
