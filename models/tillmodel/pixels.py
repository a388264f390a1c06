"""The input of every model: `images`, uint8 [N, side, side, 3] RGB, normalised inside the graph as (x - 127) / 128."""

import onnx
from onnx import TensorProto, helper

from tillmodel.graph import Graph

INPUT_NAME = "images"
PIXEL_OFFSET = 127
PIXEL_SCALE = 1 / 128


def write_pixels(graph: Graph) -> str:
    """Adds the change of layout; returns the name of the uint8 NCHW value."""
    return graph.node("Transpose", [INPUT_NAME], "pixels", perm=[0, 3, 1, 2])


def input_info(side: int) -> onnx.ValueInfoProto:
    """The declared input, with N left open."""
    return helper.make_tensor_value_info(INPUT_NAME, TensorProto.UINT8, ["N", side, side, 3])
