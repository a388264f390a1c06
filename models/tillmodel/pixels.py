"""The input of every model: `images`, uint8 [N, side, side, 3] RGB, normalised inside the graph as (x - 127) / 128.

That is a scale and a zero point, so the pixels are an 8-bit quantised tensor as they come: exact, at either precision.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper

from tillmodel.graph import Graph

INPUT_NAME = "images"
PIXEL_OFFSET = 127
PIXEL_SCALE = 1 / 128


def pixel_scale(graph: Graph) -> list[str]:
    """Adds the scale and the zero point of the pixels; returns their names."""
    scale = graph.constant("pixel_scale", np.float32(PIXEL_SCALE))
    return [scale, graph.constant("pixel_offset", np.uint8(PIXEL_OFFSET))]


def write_pixels(graph: Graph) -> str:
    """Adds the change of layout; returns the name of the uint8 NCHW value."""
    return graph.node("Transpose", [INPUT_NAME], "pixels", perm=[0, 3, 1, 2])


def input_info(side: int) -> onnx.ValueInfoProto:
    """The declared input, with N left open."""
    return helper.make_tensor_value_info(INPUT_NAME, TensorProto.UINT8, ["N", side, side, 3])
