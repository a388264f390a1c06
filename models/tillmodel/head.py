"""From the head map to the outputs: pooled features, and the projected embedding of unit length."""

import numpy as np
import onnx
from onnx import TensorProto, helper

from tillmodel.architecture import HEAD_CHANNELS
from tillmodel.graph import Graph
from tillmodel.projection import Projection

# Far below the length of any real feature vector, and enough to keep an all-zero one from dividing by zero.
SMALLEST_LENGTH = 1e-9
GEM_POWER = 3
# The pooled output that embeddings are made of, unless another is asked for.
EMBEDDED = "pooled_gem"


def write_head(
    graph: Graph, head_map: str, projection: Projection | None, embedded: str = EMBEDDED
) -> list[onnx.ValueInfoProto]:
    """Adds the outputs. Without a projection there is no `embedding`: these are the features to fit one on.

    `embedded` names the pooled output that the projection is applied to.
    """
    mean = graph.node("GlobalAveragePool", [head_map], "pooled_all.mean")
    pooled_all = graph.node("Flatten", [mean], "pooled_all", axis=1)
    outputs = [_output(_generalised_mean(graph, head_map), HEAD_CHANNELS), _output(pooled_all, HEAD_CHANNELS)]
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


def _generalised_mean(graph: Graph, head_map: str) -> str:
    """The third root of the mean cube: what is strong somewhere counts for more than what is weak everywhere
    (Radenovic, Tolias and Chum, TPAMI 2018). The head map is never negative."""
    square = graph.node("Mul", [head_map, head_map], "pooled_gem.square")
    cube = graph.node("Mul", [square, head_map], "pooled_gem.cube")
    mean = graph.node(
        "Flatten", [graph.node("GlobalAveragePool", [cube], "pooled_gem.mean")], "pooled_gem.flat", axis=1
    )
    return graph.node("Pow", [mean, graph.constant("pooled_gem.root", np.float32(1 / GEM_POWER))], "pooled_gem")


def _unit_length(graph: Graph, source: str, output: str) -> str:
    axis = graph.constant("feature_axis", np.array([1], np.int64))
    length = graph.node("ReduceL2", [source, axis], f"{output}.length", keepdims=1)
    floor = graph.constant("smallest_length", np.float32(SMALLEST_LENGTH))
    return graph.node("Div", [source, graph.node("Max", [length, floor], f"{output}.divisor")], output)


def _output(name: str, width: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", width])
