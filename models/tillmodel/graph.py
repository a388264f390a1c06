"""A thin writer of ONNX graphs: nodes and constants in order, named after what they make."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

OPSET = 19
IR_VERSION = 9


class Graph:
    """Collects nodes and constants; each method returns the name of the value it adds."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: NDArray[Any] | np.generic) -> str:
        """Adds a constant; a name that is there already must hold the same value."""
        tensor = numpy_helper.from_array(np.array(value, order="C"), name)
        held = self._constants.setdefault(name, tensor)
        if held.SerializeToString() != tensor.SerializeToString():
            raise ValueError(f"constant `{name}` is added twice with different values")
        return name

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Adds a node with one output."""
        self._nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def model(
        self, name: str, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto], metadata: dict[str, str]
    ) -> onnx.ModelProto:
        """The checked model. The same calls make the same bytes."""
        graph = helper.make_graph(self._nodes, name, inputs, outputs, list(self._constants.values()))
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], producer_name="tillsight", ir_version=IR_VERSION)
        helper.set_model_props(model, metadata)
        onnx.checker.check_model(model, full_check=True)
        return model
