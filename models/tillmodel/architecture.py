"""What EfficientNet-Lite is: the layers of its trunk, from the normalised image to the 1280-channel head map.

The network is described once as plain values; `float_trunk.py` and `int8_trunk.py` write it down at their precision.
Facts that are easy to get wrong: the stem and the head keep their width at every variant, the first and the last stage
keep their depth, there is no squeeze-and-excitation, every activation is ReLU6, batch norm uses epsilon 1e-3, and
padding is TensorFlow's SAME: what does not divide evenly goes to the right and the bottom.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

HEAD_CHANNELS = 1280
STEM_CHANNELS = 32
BATCH_NORM_EPSILON = 1e-3
INPUT = "normalised"


@dataclass(frozen=True)
class Variant:
    """How a member of the family is scaled from the base network."""

    name: str
    width: float
    depth: float


@dataclass(frozen=True)
class Stage:
    """Blocks of one kind in the base network; only the first block of a stage has the stride."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    channels_in: int
    channels_out: int


@dataclass(frozen=True)
class Conv:
    """A convolution with its folded batch norm. `weights` and `batch_norm` are key prefixes in the weights file."""

    name: str
    source: str
    weights: str
    batch_norm: str
    kernel: int
    stride: int
    padding: tuple[int, int]
    groups: int
    relu6: bool


@dataclass(frozen=True)
class Add:
    """A residual sum."""

    name: str
    left: str
    right: str


Layer = Conv | Add

VARIANTS = {
    "lite0": Variant("lite0", width=1.0, depth=1.0),
    "lite2": Variant("lite2", width=1.1, depth=1.2),
}

STAGES = (
    Stage(1, 3, 1, 1, 32, 16),
    Stage(2, 3, 2, 6, 16, 24),
    Stage(2, 5, 2, 6, 24, 40),
    Stage(3, 3, 2, 6, 40, 80),
    Stage(3, 5, 1, 6, 80, 112),
    Stage(4, 5, 2, 6, 112, 192),
    Stage(1, 3, 1, 6, 192, 320),
)


def scaled_width(channels: int, width: float) -> int:
    """Channels of a scaled layer: the nearest multiple of eight that keeps at least nine tenths of them."""
    wanted = channels * width
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded


def scaled_depth(repeats: int, depth: float) -> int:
    """Blocks of a scaled stage."""
    return math.ceil(repeats * depth)


def same_padding(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's SAME padding of one axis: (before, after), the odd pixel after."""
    outputs = math.ceil(side / stride)
    total = max((outputs - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2


def trunk(variant: Variant, side: int) -> list[Layer]:
    """The layers in order; the first reads `INPUT`, the last one's output is the head map."""
    layers: list[Layer] = [
        Conv(
            "stem",
            INPUT,
            "_conv_stem",
            "_bn0",
            kernel=3,
            stride=2,
            padding=same_padding(side, 3, 2),
            groups=1,
            relu6=True,
        )
    ]
    side = math.ceil(side / 2)
    for index, stage, stride, channels_in, channels_out in _blocks(variant):
        layers += _block(index, layers[-1].name, stage, stride, channels_in, channels_out, side)
        side = math.ceil(side / stride)
    head = Conv("head", layers[-1].name, "_conv_head", "_bn1", kernel=1, stride=1, padding=(0, 0), groups=1, relu6=True)
    return [*layers, head]


def _blocks(variant: Variant) -> Iterator[tuple[int, Stage, int, int, int]]:
    """(index, stage, stride, channels in, channels out) of every block."""
    index = 0
    for position, stage in enumerate(STAGES):
        at_an_end = position in (0, len(STAGES) - 1)
        repeats = stage.repeats if at_an_end else scaled_depth(stage.repeats, variant.depth)
        channels_out = scaled_width(stage.channels_out, variant.width)
        entering = STEM_CHANNELS if position == 0 else scaled_width(stage.channels_in, variant.width)
        for repeat in range(repeats):
            first = repeat == 0
            yield index, stage, stage.stride if first else 1, entering if first else channels_out, channels_out
            index += 1


def _block(
    index: int, source: str, stage: Stage, stride: int, channels_in: int, channels_out: int, side: int
) -> list[Layer]:
    """One inverted bottleneck: expand, depthwise, project, and the sum where shapes allow it."""
    name, key = f"block{index:02}", f"_blocks.{index}"
    wide = channels_in * stage.expand
    layers: list[Layer] = []
    entering = source
    if stage.expand != 1:
        expand = Conv(f"{name}.expand", source, f"{key}._expand_conv", f"{key}._bn0", 1, 1, (0, 0), 1, relu6=True)
        layers.append(expand)
        entering = expand.name
    padding = same_padding(side, stage.kernel, stride)
    layers += [
        Conv(
            f"{name}.depthwise",
            entering,
            f"{key}._depthwise_conv",
            f"{key}._bn1",
            stage.kernel,
            stride,
            padding,
            wide,
            relu6=True,
        ),
        Conv(
            f"{name}.project", f"{name}.depthwise", f"{key}._project_conv", f"{key}._bn2", 1, 1, (0, 0), 1, relu6=False
        ),
    ]
    if stride == 1 and channels_in == channels_out:
        layers.append(Add(f"{name}.sum", f"{name}.project", source))
    return layers
