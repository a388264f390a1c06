"""Puts a model together: pixels, trunk, head, and a note of what it was made from."""

import onnx
from onnx import TensorProto, helper

from tillmodel import trials
from tillmodel.architecture import Layer, Variant, trunk
from tillmodel.float_trunk import write_float_trunk
from tillmodel.folding import check_complete
from tillmodel.graph import Graph
from tillmodel.head import EMBEDDED, write_head
from tillmodel.int8_trunk import Ranges, unbounded_layers, write_int8_trunk
from tillmodel.pixels import input_info, write_pixels
from tillmodel.projection import Projection, load_projection
from tillmodel.ranges import load_ranges
from tillmodel.recipes import Recipe, sha256
from tillmodel.seen import METADATA_KEY, load_names
from tillmodel.weights import Tensors, load_weights


def build_model(
    tensors: Tensors,
    variant: Variant,
    side: int,
    projection: Projection | None = None,
    ranges: Ranges | None = None,
    metadata: dict[str, str] | None = None,
    embedded: str = EMBEDDED,
    half_weights: bool = False,
) -> onnx.ModelProto:
    """The ONNX model of a network for a square input.

    Without a projection there is no `embedding` output; with one it is made from the pooled output `embedded`. With
    `ranges` the trunk is 8-bit, without it computes in float32, whose weights are kept in 16 bits if `half_weights`.
    """
    graph, layers = Graph(), _checked_trunk(tensors, variant, side)
    pixels = write_pixels(graph)
    if ranges is None:
        head_map = write_float_trunk(graph, tensors, layers, pixels, half_weights)
    else:
        head_map = write_int8_trunk(graph, tensors, layers, pixels, ranges)
    outputs = write_head(graph, head_map, projection, embedded)
    return graph.model(f"efficientnet-{variant.name}", [input_info(side)], outputs, metadata or {})


def build_taps(tensors: Tensors, variant: Variant, side: int) -> onnx.ModelProto:
    """The float32 trunk with every output that ReLU6 does not bound: what ranges are calibrated on."""
    graph, layers = Graph(), _checked_trunk(tensors, variant, side)
    write_float_trunk(graph, tensors, layers, write_pixels(graph))
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", "channels", "rows", "columns"])
        for name in unbounded_layers(layers)
    ]
    return graph.model(f"efficientnet-{variant.name}-taps", [input_info(side)], outputs, {})


def _checked_trunk(tensors: Tensors, variant: Variant, side: int) -> list[Layer]:
    layers = trunk(variant, side)
    check_complete(tensors, layers)
    return layers


def build_shipped(recipe: Recipe, with_projection: bool = True, in_float: bool = False) -> onnx.ModelProto:
    """A shipped model; without its projection it gives the features that a projection is fitted on.

    `in_float` computes in float32 what ships in 8 bits: to compare with, for the projection is not fitted for it.
    """
    tensors = load_weights(recipe.weights)
    metadata = {"name": recipe.stem, "weights_sha256": sha256(recipe.weights), "licence": "Apache-2.0"}
    projection = None
    if with_projection:
        projection = load_projection(recipe.projection)
        metadata["projection_sha256"] = sha256(recipe.projection)
        metadata[METADATA_KEY] = "".join(load_names(recipe.projection.with_suffix(".photos")))
        metadata[trials.METADATA_KEY] = trials.load_metadata(recipe.trials)
    ranges = load_ranges(recipe.ranges) if recipe.precision == "int8" and not in_float else None
    return build_model(tensors, recipe.variant, recipe.side, projection, ranges, metadata)
