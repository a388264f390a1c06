"""EfficientNet-Lite in torch, built from the same description and weights as the ONNX graphs.

Batch norm keeps its ImageNet statistics and is folded into each convolution anew at every step: its gain and shift are
trained, no statistic of a small batch is used, and the network that is trained is the network that is exported.
"""

from itertools import groupby

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from tillmodel.architecture import BATCH_NORM_EPSILON, Add, Conv, Layer, Variant, same_padding, trunk
from tillmodel.folding import BATCH_NORM_TENSORS, check_complete
from tillmodel.pixels import PIXEL_OFFSET, PIXEL_SCALE
from tillmodel.weights import Tensors
from train.depthwise import depthwise

# Any side gives the same layers; only their padding follows it, and that is worked out at each call.
_DESCRIBED_SIDE = 224


class FoldedConv(nn.Module):
    """A convolution with its batch norm, computed as one convolution [N, in, h, w] -> [N, out, h', w']."""

    def __init__(self, layer: Conv, tensors: Tensors) -> None:
        super().__init__()
        self.layer = layer
        kernel = torch.from_numpy(tensors[f"{layer.weights}.weight"].copy()).float()
        self.kernel = nn.Parameter(kernel.contiguous(memory_format=torch.channels_last))
        gain, shift, mean, variance = (
            torch.from_numpy(tensors[f"{layer.batch_norm}.{name}"].copy()).float() for name in BATCH_NORM_TENSORS
        )
        self.gain, self.shift = nn.Parameter(gain), nn.Parameter(shift)
        self.register_buffer("mean", mean)
        self.register_buffer("variance", variance)

    def forward(self, inputs: Tensor) -> Tensor:
        """The convolution, its batch norm and, where the layer has one, ReLU6."""
        gain = self.gain * torch.rsqrt(self.variance + BATCH_NORM_EPSILON)
        kernel, bias = self.kernel * gain[:, None, None, None], self.shift - self.mean * gain
        padded, padding = self._padded(inputs)
        kernel, bias = kernel.to(inputs.dtype), bias.to(inputs.dtype)
        if self.layer.groups > 1:
            linear = depthwise(padded, kernel, bias, self.layer.stride, padding)
        else:
            linear = functional.conv2d(padded, kernel, bias, self.layer.stride, padding)
        return functional.relu6(linear, inplace=True) if self.layer.relu6 else linear

    def _padded(self, inputs: Tensor) -> tuple[Tensor, int]:
        """SAME padding: left to the convolution where it is even, written out where one side gets more."""
        layer = self.layer
        top, bottom = same_padding(inputs.shape[2], layer.kernel, layer.stride)
        left, right = same_padding(inputs.shape[3], layer.kernel, layer.stride)
        if top == bottom == left == right:
            return inputs, top
        return functional.pad(inputs, (left, right, top, bottom)), 0

    def tensors(self) -> Tensors:
        """The tensors under the names of the weights file."""
        values = (self.gain, self.shift, self.mean, self.variance)
        named = {
            f"{self.layer.batch_norm}.{name}": value for name, value in zip(BATCH_NORM_TENSORS, values, strict=True)
        }
        named[f"{self.layer.weights}.weight"] = self.kernel
        return {name: value.detach().contiguous().float().numpy() for name, value in named.items()}


class Block(nn.Module):
    """The layers of one block in order; in training its residual branch is left out for some samples (drop path)."""

    def __init__(self, layers: list[Layer], tensors: Tensors, drop: float) -> None:
        super().__init__()
        self.convs = nn.Sequential(*(FoldedConv(layer, tensors) for layer in layers if isinstance(layer, Conv)))
        self.residual = any(isinstance(layer, Add) for layer in layers)
        self.drop = drop

    def forward(self, inputs: Tensor) -> Tensor:
        """The block's output map."""
        branch = self.convs(inputs)
        if not self.residual:
            return branch
        if self.training and self.drop > 0:
            kept = torch.rand(len(branch), 1, 1, 1) >= self.drop
            branch = branch * (kept / (1 - self.drop)).to(branch.dtype)
        return inputs + branch


class Trunk(nn.Module):
    """From normalised images [N, 3, side, side] to the head map [N, 1280, side / 32, side / 32].

    Computes in the precision of its images: float32, or bfloat16 with weights kept in float32.
    `frozen` counts the blocks, from the image on (the stem is the first), that keep their weights.
    """

    def __init__(self, variant: Variant, tensors: Tensors, frozen: int = 0, drop_path: float = 0.0) -> None:
        super().__init__()
        layers = trunk(variant, _DESCRIBED_SIDE)
        check_complete(tensors, layers)
        groups = [list(group) for _, group in groupby(layers, key=lambda layer: layer.name.split(".")[0])]
        self.blocks = nn.ModuleList(
            Block(group, tensors, drop_path * depth / len(groups)) for depth, group in enumerate(groups)
        )
        self.frozen = frozen
        for block in self.blocks[:frozen]:
            block.requires_grad_(False)

    def forward(self, images: Tensor) -> Tensor:
        """The head map."""
        with torch.no_grad():
            for block in self.blocks[: self.frozen]:
                images = block(images)
        for block in self.blocks[self.frozen :]:
            images = block(images)
        return images

    def tensors(self) -> Tensors:
        """The weights as `tillmodel` reads them from a weights file."""
        named: Tensors = {}
        for block in self.blocks:
            for conv in block.convs:
                named |= conv.tensors()
        return named


def normalised(pixels: Tensor) -> Tensor:
    """uint8 or float pixels [N, side, side, 3], 0 to 255, as the network's input, channels last in memory."""
    return ((pixels.float() - PIXEL_OFFSET) * PIXEL_SCALE).permute(0, 3, 1, 2)
