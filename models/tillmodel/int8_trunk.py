"""Writes the trunk in 8 bits as quantise/dequantise pairs, weights with one scale per output channel.

A ReLU6 output lies in 0 to 6 by construction, and storing it in that range is the ReLU6: no Clip is written. The pixels
are stored exactly, for (x - 127) / 128 is a scale and a zero point. Only the linear outputs need ranges from photos.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tillmodel.architecture import INPUT, Conv, Layer
from tillmodel.folding import fold
from tillmodel.graph import Graph
from tillmodel.pixels import PIXEL_OFFSET, PIXEL_SCALE, pixel_scale
from tillmodel.quantisation import Activation, activation_for, quantise_bias, quantise_weights
from tillmodel.weights import Tensors

Ranges = dict[str, tuple[float, float]]
RELU6_RANGE = (0.0, 6.0)


def unbounded_layers(layers: list[Layer]) -> list[str]:
    """Names of the layers whose range only photos can tell."""
    return [layer.name for layer in layers if not (isinstance(layer, Conv) and layer.relu6)]


def write_int8_trunk(graph: Graph, tensors: Tensors, layers: list[Layer], pixels: str, ranges: Ranges) -> str:
    """Adds the layers on uint8 NCHW `pixels`; returns the name of the head map, dequantised to float32."""
    writer = _Int8Writer(graph, tensors, pixels)
    for layer in layers:
        low, high = RELU6_RANGE if isinstance(layer, Conv) and layer.relu6 else ranges[layer.name]
        stored_as = activation_for(low, high)
        if isinstance(layer, Conv):
            writer.conv(layer, stored_as)
        else:
            writer.add(layer.name, layer.left, layer.right, stored_as)
    return writer.read(layers[-1].name, "head_map")


class _Int8Writer:
    def __init__(self, graph: Graph, tensors: Tensors, pixels: str) -> None:
        self._graph = graph
        self._tensors = tensors
        self._stored = {INPUT: (pixels, Activation(np.float32(PIXEL_SCALE), np.uint8(PIXEL_OFFSET)))}

    def conv(self, layer: Conv, stored_as: Activation) -> None:
        before, after = layer.padding
        inputs = [self.read(layer.source, f"{layer.name}.input"), *self._parameters(layer)]
        output = self._graph.node(
            "Conv",
            inputs,
            f"{layer.name}.linear",
            kernel_shape=[layer.kernel, layer.kernel],
            strides=[layer.stride, layer.stride],
            pads=[before, before, after, after],
            group=layer.groups,
        )
        self._store(layer.name, output, stored_as)

    def add(self, name: str, left: str, right: str, stored_as: Activation) -> None:
        inputs = [self.read(left, f"{name}.left"), self.read(right, f"{name}.right")]
        self._store(name, self._graph.node("Add", inputs, f"{name}.linear"), stored_as)

    def read(self, layer: str, output: str) -> str:
        """Dequantises a layer's output. Each reader gets a node of its own: runtimes fuse such groups."""
        stored, how = self._stored[layer]
        return self._graph.node("DequantizeLinear", [stored, *self._scale_of(layer, how)], output)

    def _store(self, layer: str, value: str, how: Activation) -> None:
        stored = self._graph.node("QuantizeLinear", [value, *self._scale_of(layer, how)], f"{layer}.stored")
        self._stored[layer] = (stored, how)

    def _scale_of(self, layer: str, how: Activation) -> list[str]:
        if layer == INPUT:
            return pixel_scale(self._graph)
        scale = self._graph.constant(f"{layer}.scale", how.scale)
        return [scale, self._graph.constant(f"{layer}.zero_point", how.zero_point)]

    def _parameters(self, layer: Conv) -> list[str]:
        folded = fold(self._tensors, layer)
        weights = quantise_weights(folded.weights)
        _, source = self._stored[layer.source]
        bias_scales = source.scale * weights.scales
        return [
            self._dequantised_constant(f"{layer.name}.weights", weights.values, weights.scales),
            self._dequantised_constant(f"{layer.name}.bias", quantise_bias(folded.bias, bias_scales), bias_scales),
        ]

    def _dequantised_constant(
        self, name: str, values: NDArray[np.signedinteger[Any]], scales: NDArray[np.float32]
    ) -> str:
        inputs = [
            self._graph.constant(f"{name}.values", values),
            self._graph.constant(f"{name}.scales", scales),
            self._graph.constant(f"{name}.zero_points", np.zeros(len(scales), values.dtype)),
        ]
        return self._graph.node("DequantizeLinear", inputs, name, axis=0)
