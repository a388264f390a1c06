"""The written graphs, run by onnx's own reference evaluator, against numpy."""

import unittest

import numpy as np
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from tillmodel.architecture import BATCH_NORM_EPSILON, INPUT, Add, Conv
from tillmodel.float_trunk import write_float_trunk
from tillmodel.folding import check_complete, fold
from tillmodel.graph import Graph
from tillmodel.head import EMBEDDED, write_head
from tillmodel.int8_trunk import unbounded_layers, write_int8_trunk
from tillmodel.pixels import input_info, write_pixels
from tillmodel.projection import Projection, unit_length
from tillmodel.weights import WeightsError

SIDE = 8
CHANNELS = 1280

# A network small enough for the reference evaluator, with every kind of layer.
LAYERS = [
    Conv("stem", INPUT, "stem", "stem_bn", kernel=3, stride=2, padding=(0, 1), groups=1, relu6=True),
    Conv("depthwise", "stem", "depthwise", "depthwise_bn", kernel=3, stride=1, padding=(1, 1), groups=4, relu6=True),
    Conv("project", "depthwise", "project", "project_bn", kernel=1, stride=1, padding=(0, 0), groups=1, relu6=False),
    Add("sum", "project", "stem"),
    Conv("head", "sum", "head", "head_bn", kernel=1, stride=1, padding=(0, 0), groups=1, relu6=True),
]
SHAPES = {"stem": (4, 3, 3, 3), "depthwise": (4, 1, 3, 3), "project": (4, 4, 1, 1), "head": (CHANNELS, 4, 1, 1)}
RANGES = {"project": (-6.0, 6.0), "sum": (-6.0, 9.0)}


def tensors():
    generator = np.random.default_rng(3)
    made = {}
    for name, shape in SHAPES.items():
        made[f"{name}.weight"] = generator.standard_normal(shape).astype(np.float32)
        for part, low, high in (
            ("weight", 0.5, 1.5),
            ("bias", -0.5, 1),
            ("running_mean", -1, 1),
            ("running_var", 0.5, 2),
        ):
            made[f"{name}_bn.{part}"] = generator.uniform(low, high, shape[0]).astype(np.float32)
        made[f"{name}_bn.num_batches_tracked"] = np.array(1)
    return made


def projection():
    generator = np.random.default_rng(4)
    return Projection(
        generator.standard_normal((CHANNELS, 16)).astype(np.float16), generator.standard_normal(16).astype(np.float32)
    )


def model(ranges=None, with_projection=True, half_weights=False, embedded=EMBEDDED):
    graph = Graph()
    pixels = write_pixels(graph)
    if ranges is None:
        head_map = write_float_trunk(graph, tensors(), LAYERS, pixels, half_weights)
    else:
        head_map = write_int8_trunk(graph, tensors(), LAYERS, pixels, ranges)
    outputs = write_head(graph, head_map, projection() if with_projection else None, embedded)
    return graph.model("small", [input_info(SIDE)], outputs, {"name": "small"})


def images(count=3):
    return np.random.default_rng(5).integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)


class Folding(unittest.TestCase):
    def test_equals_batch_norm_after_the_convolution(self):
        held = tensors()
        weights, bias = fold(held, LAYERS[2])
        pixel = np.random.default_rng(6).standard_normal(4)
        linear = held["project.weight"][:, :, 0, 0] @ pixel
        spread = np.sqrt(held["project_bn.running_var"] + BATCH_NORM_EPSILON)
        expected = (linear - held["project_bn.running_mean"]) / spread * held["project_bn.weight"] + held[
            "project_bn.bias"
        ]
        np.testing.assert_allclose(weights[:, :, 0, 0] @ pixel + bias, expected, rtol=1e-5)

    def test_names_what_is_missing_or_unknown(self):
        held = tensors()
        check_complete(held, LAYERS)
        held["other.weight"] = held.pop("head.weight")
        with self.assertRaisesRegex(WeightsError, r"missing \['head.weight'\], not expected \['other.weight'\]"):
            check_complete(held, LAYERS)


class Outputs(unittest.TestCase):
    def test_pools_the_map_in_two_ways_and_projects_to_unit_length(self):
        outputs = ["embedding", "pooled_gem", "pooled_all", "head"]
        made = model()
        made.graph.output.append(made.graph.value_info.add(name="head"))
        embedding, generalised, everything, head = ReferenceEvaluator(made).run(outputs, {"images": images()})
        np.testing.assert_allclose(generalised, np.cbrt((head.astype(np.float64) ** 3).mean(axis=(2, 3))), rtol=1e-4)
        np.testing.assert_allclose(everything, head.mean(axis=(2, 3)), rtol=1e-5)
        np.testing.assert_allclose(embedding, projection().apply(generalised), atol=1e-5)
        np.testing.assert_allclose(np.linalg.norm(embedding, axis=1), 1, rtol=1e-5)

    def test_the_embedding_can_be_made_of_the_whole_map(self):
        embedding, everything = ReferenceEvaluator(model(embedded="pooled_all")).run(
            ["embedding", "pooled_all"], {"images": images()}
        )
        np.testing.assert_allclose(embedding, projection().apply(everything), atol=1e-5)

    def test_weights_in_half_precision_give_nearly_the_same_from_half_the_bytes(self):
        whole, half = (model(half_weights=chosen) for chosen in (False, True))
        expected, found = (
            ReferenceEvaluator(made).run(["pooled_all"], {"images": images()})[0] for made in (whole, half)
        )
        np.testing.assert_allclose(found, expected, rtol=0.01, atol=0.01)
        saved = whole.ByteSize() - half.ByteSize()
        self.assertGreater(saved, 1.8 * 4 * CHANNELS)

    def test_any_number_of_images_gives_the_same_as_one_at_a_time(self):
        evaluator = ReferenceEvaluator(model())
        together = evaluator.run(["embedding"], {"images": images()})[0]
        for index in range(3):
            alone = evaluator.run(["embedding"], {"images": images()[index : index + 1]})[0]
            np.testing.assert_allclose(alone[0], together[index], atol=1e-6)

    def test_without_a_projection_there_is_no_embedding(self):
        self.assertEqual([o.name for o in model(with_projection=False).graph.output], ["pooled_gem", "pooled_all"])

    def test_the_same_calls_make_the_same_bytes(self):
        for ranges in (None, RANGES):
            first, second = (model(ranges).SerializeToString(deterministic=True) for _ in range(2))
            self.assertEqual(first, second)

    def test_a_constant_cannot_be_two_things(self):
        graph = Graph()
        graph.constant("six", np.float32(6))
        graph.constant("six", np.float32(6))
        with self.assertRaisesRegex(ValueError, "`six`"):
            graph.constant("six", np.float32(7))


class Int8(unittest.TestCase):
    def test_only_linear_outputs_need_ranges(self):
        self.assertEqual(unbounded_layers(LAYERS), ["project", "sum"])

    def test_stays_close_to_float(self):
        tapped = model()
        for name in RANGES:
            tapped.graph.output.append(tapped.graph.value_info.add(name=name))
        expected, *linear = ReferenceEvaluator(tapped).run(["pooled_gem", *RANGES], {"images": images()})
        seen = {name: (float(values.min()), float(values.max())) for name, values in zip(RANGES, linear, strict=True)}
        found = ReferenceEvaluator(model(seen)).run(["pooled_gem"], {"images": images()})[0]
        cosine = (unit_length(expected) * unit_length(found)).sum(axis=1)
        self.assertGreater(cosine.min(), 0.999)

    def test_pixels_are_exact(self):
        graph = model(RANGES).graph
        self.assertEqual([node.op_type for node in graph.node[:2]], ["Transpose", "DequantizeLinear"])
        constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        scale, offset = (constants[name] for name in graph.node[1].input[1:])
        levels = np.arange(256, dtype=np.float32)
        np.testing.assert_array_equal((levels - offset) * scale, (levels - 127) / 128)


if __name__ == "__main__":
    unittest.main()
