"""From the head map to the outputs: pooled features, and the projected embedding of unit length."""

import numpy as np
import onnx
from onnx import TensorProto, helper

from tillmodel.architecture import HEAD_CHANNELS
from tillmodel.graph import Graph
from tillmodel.projection import Projection

# Far below the length of any real feature vector, and enough to keep an all-zero one from dividing by zero.
SMALLEST_LENGTH = 1e-9


def centre_bounds(head_side: int) -> tuple[int, int]:
    """First row (column) of the centre of the head map, and the one after its last."""
    return head_side // 4, head_side - head_side // 4


def write_head(
    graph: Graph, head_map: str, head_side: int, projection: Projection | None, embedded: str = "pooled_centre"
) -> list[onnx.ValueInfoProto]:
    """Adds the outputs. Without a projection there is no `embedding`: these are the features to fit one on.

    `embedded` names the pooled output that the projection is applied to.
    """
    first, end = centre_bounds(head_side)
    bounds = [
        graph.constant("centre_first", np.array([first, first], np.int64)),
        graph.constant("centre_end", np.array([end, end], np.int64)),
        graph.constant("centre_axes", np.array([2, 3], np.int64)),
    ]
    centre = graph.node("Slice", [head_map, *bounds], "head_centre")
    pooled_centre = _pool(graph, centre, "pooled_centre")
    pooled_all = _pool(graph, head_map, "pooled_all")
    outputs = [_output(pooled_centre, HEAD_CHANNELS), _output(pooled_all, HEAD_CHANNELS)]
    if projection is None:
        return outputs
    unit = _unit_length(graph, embedded, f"{embedded}_unit")
    # Half precision is how the projection is kept; runtimes do the cast once, when they load the model.
    stored = graph.constant("projection.weights_half", projection.weights.astype(np.float16))
    weights = graph.node("Cast", [stored], "projection.weights", to=TensorProto.FLOAT)
    offset = graph.constant("projection.offset", projection.offset.astype(np.float32))
    projected = graph.node("Gemm", [unit, weights, offset], "projected")
    embedding = _unit_length(graph, projected, "embedding")
    return [_output(embedding, projection.dimension), *outputs]


def _pool(graph: Graph, source: str, output: str) -> str:
    mean = graph.node("GlobalAveragePool", [source], f"{output}.mean")
    return graph.node("Flatten", [mean], output, axis=1)


def _unit_length(graph: Graph, source: str, output: str) -> str:
    axis = graph.constant("feature_axis", np.array([1], np.int64))
    length = graph.node("ReduceL2", [source, axis], f"{output}.length", keepdims=1)
    floor = graph.constant("smallest_length", np.float32(SMALLEST_LENGTH))
    return graph.node("Div", [source, graph.node("Max", [length, floor], f"{output}.divisor")], output)


def _output(name: str, width: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", width])
