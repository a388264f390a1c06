"""Writes the fitted network as ONNX, the same bytes for the same weights, and where it comes from."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from .fit import Fitted
from .network import Network

MODEL = "tray-outlines.onnx"
PROVENANCE = "tray-outlines.json"
OPSET = 19
IR_VERSION = 9


class Writer:
    """Collects nodes; each method returns the name of what it adds."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        """Adds a node with one output."""
        name = f"{operator.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def constant(self, value: NDArray[Any]) -> str:
        """Adds a constant."""
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def half(self, value: NDArray[np.float32]) -> str:
        """A constant that is kept in 16 bits: the runtime widens it once, when it loads the model."""
        return self.node("Cast", [self.constant(value.astype(np.float16))], to=TensorProto.FLOAT)

    def conv(self, x: str, weight: NDArray[np.float32], bias: NDArray[np.float32], conv: nn.Conv2d) -> str:
        """A convolution with the same geometry as torch's."""
        padding = list(conv.padding) * 2
        names = [x, self.half(weight), self.constant(bias)]
        return self.node("Conv", names, strides=list(conv.stride), pads=padding, dilations=list(conv.dilation))

    def block(self, x: str, block: nn.Sequential) -> str:
        """A block with its normalisation folded into its convolution."""
        conv, norm = block[0], block[1]
        gain = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach()
        weight = conv.weight.detach() * gain[:, None, None, None]
        bias = norm.bias.detach() - norm.running_mean * gain
        return self.node("Relu", [self.conv(x, weight.numpy(), bias.numpy(), conv)])

    def twice(self, x: str) -> str:
        """Bilinear, to twice the size."""
        scales = self.constant(np.array([1, 1, 2, 2], np.float32))
        return self.node("Resize", [x, "", scales], mode="linear", coordinate_transformation_mode="half_pixel")


def build(network: Network) -> onnx.ModelProto:
    """From uint8 `tray` (1 x rows x columns x 4) to float32 `inside` (1 x 2 x rows x columns), both from 0 to 1."""
    writer = Writer()
    x = writer.node("Cast", ["tray"], to=TensorProto.FLOAT)
    x = writer.node("Transpose", [x], perm=[0, 3, 1, 2])
    x = writer.node("Mul", [x, writer.constant(np.float32(1 / 255))])
    levels = []
    for down in network.down:
        for block in down:
            x = writer.block(x, block)
        levels.append(x)
    for narrow, up, beside in zip(network.narrow, network.up, reversed(levels[:-1]), strict=True):
        thin = writer.conv(x, narrow.weight.detach().numpy(), narrow.bias.detach().numpy(), narrow)
        x = writer.block(writer.node("Add", [writer.twice(thin), beside]), up)
    x = writer.conv(x, network.head.weight.detach().numpy(), network.head.bias.detach().numpy(), network.head)
    x = writer.twice(writer.node("Sigmoid", [x]))
    writer.nodes[-1].output[0] = "inside"
    given = helper.make_tensor_value_info("tray", TensorProto.UINT8, [1, "rows", "columns", 4])
    made = helper.make_tensor_value_info("inside", TensorProto.FLOAT, [1, 2, "rows", "columns"])
    graph = helper.make_graph(writer.nodes, "tray-outlines", [given], [made], writer.constants)
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(graph, opset_imports=[opset], producer_name="tillsight", ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    return model


def write(fitted: Fitted, folder: Path, recipe: dict[str, int], pictures: Path) -> None:
    """Writes the model and its provenance."""
    data = build(fitted.network).SerializeToString(deterministic=True)
    (folder / MODEL).write_bytes(data)
    provenance = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "recipe": recipe,
        "trays": fitted.trays,
        "loss": round(fitted.loss, 4),
        "seconds_of_one_core": round(fitted.seconds),
        "photos": "GroceryStoreDataset, train/ (MIT), github.com/marcusklasson/GroceryStoreDataset",
        "pictures": "npm emoji-datasource-google 16.0.0, img/google/64 (Noto Emoji, Apache-2.0)",
        "pictures_sha256": hashlib.sha256(pictures.read_bytes()).hexdigest(),
    }
    (folder / PROVENANCE).write_text(json.dumps(provenance, indent=2) + "\n")
