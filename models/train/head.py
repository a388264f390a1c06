"""From the head map to an embedding while training: pooling, a linear map to 256, and one direction per product.

Only the trunk and the pooling are kept afterwards. The map that ships is fitted on the trained features in closed form
(`tillmodel.projection`): a learnt one does worse on products it has not seen.
"""

import math

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from torch import Tensor, nn

from tillmodel.architecture import HEAD_CHANNELS
from tillmodel.head import GEM_POWER
from tillmodel.projection import Projection, unit_length

POOLINGS = ("gem", "all", "attention")


class Pooling(nn.Module):
    """Head map [N, 1280, h, w] -> features [N, 1280], in the ways of `POOLINGS`.

    `attention` weighs places by a learnt 1 x 1 convolution and softmax: it starts as `all` and learns what is product.
    `gem` is the generalised mean with power 3 (Radenovic, Tolias and Chum, TPAMI 2018).
    """

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.Conv2d(HEAD_CHANNELS, 1, 1)
        nn.init.zeros_(self.attention.weight)
        nn.init.zeros_(self.attention.bias)

    def forward(self, head_map: Tensor, kind: str) -> Tensor:
        """Features of one kind."""
        match kind:
            case "all":
                return head_map.mean((2, 3))
            case "gem":
                return head_map.clamp_min(1e-6).pow(GEM_POWER).mean((2, 3)).pow(1 / GEM_POWER)
            case "attention":
                weights = self.attention(head_map).flatten(2).softmax(2)
                return (head_map.flatten(2) * weights).sum(2)
        raise ValueError(f"there is no pooling `{kind}`: choose one of {POOLINGS}")


class Classifier(nn.Module):
    """Unit embeddings [N, 256] of features, and their cosines [N, classes] with each product's direction."""

    def __init__(self, projection: Projection, directions: NDArray[np.floating]) -> None:
        super().__init__()
        # Unit length comes afterwards, so a common factor is free: this one suits the learning rate of the trunk.
        weights = projection.weights.astype(np.float64)
        factor = 1 / math.sqrt(len(weights)) / weights.std()
        self.map = nn.Linear(*weights.shape)
        with torch.no_grad():
            self.map.weight.copy_(torch.from_numpy(weights.T * factor))
            self.map.bias.copy_(torch.from_numpy(projection.offset.astype(np.float64) * factor))
        self.directions = nn.Parameter(torch.from_numpy(unit_length(directions)).float())

    def embed(self, features: Tensor) -> Tensor:
        """Unit embeddings of features [N, 1280]."""
        return functional.normalize(self.map(functional.normalize(features, dim=1)), dim=1)

    def cosines(self, embeddings: Tensor) -> Tensor:
        """Cosines of unit embeddings [N, 256] with the products' directions."""
        return embeddings @ functional.normalize(self.directions, dim=1).T


def margin_loss(cosines: Tensor, targets: Tensor, scale: float, margin: float, smoothing: float) -> Tensor:
    """Cross entropy of `scale * cosines` [N, classes] with soft `targets`, the right answer handicapped by `margin`
    (CosFace: Wang et al., CVPR 2018) in the share the target has of a mixed picture."""
    logits = scale * (cosines - margin * targets)
    smoothed = targets * (1 - smoothing) + smoothing / targets.shape[1]
    return functional.cross_entropy(logits, smoothed)


def imitation_loss(cosines: Tensor, teacher: Tensor, scale: float) -> Tensor:
    """Cross entropy of the student's answers with a teacher's probabilities [N, classes] (Hinton et al., 2015)."""
    return functional.cross_entropy(scale * cosines, teacher)
