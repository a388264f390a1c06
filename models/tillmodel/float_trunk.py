"""Writes the trunk in float32; its weights may be kept in half precision, which runtimes widen once, on loading."""

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from tillmodel.architecture import INPUT, Conv, Layer
from tillmodel.folding import fold
from tillmodel.graph import Graph
from tillmodel.pixels import pixel_scale
from tillmodel.weights import Tensors


def write_float_trunk(
    graph: Graph, tensors: Tensors, layers: list[Layer], pixels: str, half_weights: bool = False
) -> str:
    """Adds the layers on uint8 NCHW `pixels`; returns the name of the head map (float32)."""
    graph.node("DequantizeLinear", [pixels, *pixel_scale(graph)], INPUT)
    for layer in layers:
        if isinstance(layer, Conv):
            _write_conv(graph, tensors, layer, half_weights)
        else:
            graph.node("Add", [layer.left, layer.right], layer.name)
    return layers[-1].name


def _write_conv(graph: Graph, tensors: Tensors, layer: Conv, half_weights: bool) -> None:
    folded = fold(tensors, layer)
    before, after = layer.padding
    inputs = [
        layer.source,
        _write_weights(graph, f"{layer.name}.weights", folded.weights, half_weights),
        graph.constant(f"{layer.name}.bias", folded.bias.astype(np.float32)),
    ]
    output = f"{layer.name}.linear" if layer.relu6 else layer.name
    graph.node(
        "Conv",
        inputs,
        output,
        kernel_shape=[layer.kernel, layer.kernel],
        strides=[layer.stride, layer.stride],
        pads=[before, before, after, after],
        group=layer.groups,
    )
    if layer.relu6:
        bounds = [graph.constant("zero", np.float32(0)), graph.constant("six", np.float32(6))]
        graph.node("Clip", [output, *bounds], layer.name)


def _write_weights(graph: Graph, name: str, weights: NDArray[np.float64], half: bool) -> str:
    if not half:
        return graph.constant(name, weights.astype(np.float32))
    stored = graph.constant(f"{name}_half", weights.astype(np.float16))
    return graph.node("Cast", [stored], name, to=TensorProto.FLOAT)
