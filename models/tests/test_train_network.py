"""The network in torch against the ONNX graph, and its quick gradients. Skipped, visibly, without torch."""

import importlib.util
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

from tillmodel.architecture import HEAD_CHANNELS, STEM_CHANNELS, VARIANTS, Conv, _blocks, trunk

MISSING = [name for name in ("torch", "onnxruntime") if importlib.util.find_spec(name) is None]
if MISSING:
    print(
        f"SKIPPED: tests of the trained network because {MISSING} are missing (requirements-train.txt)", file=sys.stderr
    )
else:
    import torch
    from PIL import Image

    from tillmodel.build import build_model
    from tillmodel.photos import Photos, load_input
    from tillmodel.projection import DIMENSION, Projection, unit_length
    from tillmodel.session import open_session
    from train.depthwise import depthwise
    from train.export import PRECISIONS, export
    from train.features import features
    from train.head import Classifier, Pooling
    from train.network import Trunk, normalised
    from train.runs import DEFAULTS, Model, Options, blended, load_run, save_run, trunk_tensors


def random_tensors(name):
    """Weights of the right shapes that keep a signal alive through the whole network."""
    random, tensors = np.random.default_rng(1), {}
    channels_in = {}
    for layer in trunk(VARIANTS[name], 64):
        if not isinstance(layer, Conv):
            channels_in[layer.name] = channels_in[layer.left]
            continue
        entering = channels_in.get(layer.source, 3)
        leaving = layer.groups if layer.groups > 1 else _channels_out(name, layer.name)
        channels_in[layer.name] = leaving
        shape = (leaving, entering // layer.groups, layer.kernel, layer.kernel)
        tensors[f"{layer.weights}.weight"] = random.normal(0, np.prod(shape[1:]) ** -0.5, shape).astype(np.float32)
        for part, low, high in (
            ("weight", 0.5, 1),
            ("bias", 0, 1),
            ("running_mean", -0.2, 0.2),
            ("running_var", 0.5, 1),
        ):
            tensors[f"{layer.batch_norm}.{part}"] = random.uniform(low, high, leaving).astype(np.float32)
    return tensors


def _channels_out(name, layer):
    if layer in ("stem", "head"):
        return STEM_CHANNELS if layer == "stem" else HEAD_CHANNELS
    for index, stage, _, channels_in, channels_out in _blocks(VARIANTS[name]):
        if layer.startswith(f"block{index:02}."):
            return channels_in * stage.expand if layer.endswith("expand") else channels_out
    raise KeyError(layer)


@unittest.skipIf(MISSING, f"{MISSING} not installed (requirements-train.txt)")
class Network(unittest.TestCase):
    def images(self, side, count=2):
        return np.random.default_rng(2).integers(0, 256, (count, side, side, 3), np.uint8)

    def test_gives_the_features_of_the_onnx_graph(self):
        for name, side in (("lite0", 64), ("lite2", 92)):
            tensors = random_tensors(name)
            graph = open_session(build_model(tensors, VARIANTS[name], side).SerializeToString(), threads=1)
            generalised, everything = graph.run(["pooled_gem", "pooled_all"], {"images": self.images(side)})
            found = features(Trunk(VARIANTS[name], tensors).eval(), Pooling(), self.images(side))
            self.assertGreater(everything.std(), 0.01)
            np.testing.assert_allclose(found["all"], everything, atol=1e-4)
            np.testing.assert_allclose(found["gem"], generalised, atol=1e-4)

    def test_attention_starts_as_the_plain_mean(self):
        head_map = torch.rand(2, 1280, 3, 3)
        torch.testing.assert_close(Pooling()(head_map, "attention"), Pooling()(head_map, "all"))

    def test_frozen_blocks_get_no_gradient_and_others_do(self):
        network = Trunk(VARIANTS["lite0"], random_tensors("lite0"), frozen=4).train()
        network(normalised(torch.from_numpy(self.images(64))).bfloat16()).float().mean().backward()
        has_gradient = [all(p.grad is not None for p in block.parameters()) for block in network.blocks]
        self.assertEqual(has_gradient, [False] * 4 + [True] * (len(network.blocks) - 4))

    def test_gives_its_weights_back(self):
        tensors = random_tensors("lite0")
        returned = Trunk(VARIANTS["lite0"], tensors).tensors()
        self.assertEqual(returned.keys(), tensors.keys())
        for name, value in tensors.items():
            np.testing.assert_array_equal(returned[name], value)

    def test_blending_goes_from_untrained_to_trained(self):
        untrained, trained = {"a": np.zeros(2, np.float32)}, {"a": np.full(2, 10, np.float32)}
        found = [blended(trained, untrained, share)["a"].tolist() for share in (0, 0.6, 1)]
        self.assertEqual(found, [[0, 0], [6, 6], [10, 10]])

    def test_a_run_is_read_as_it_was_written(self):
        options = Options(model="lite0", fold=(1, 5), **DEFAULTS["lite0"])
        random = np.random.default_rng(3)
        projection = Projection(random.normal(size=(1280, 8)).astype(np.float32), np.zeros(8, np.float32))
        model = Model(
            Trunk(VARIANTS["lite0"], random_tensors("lite0")),
            Pooling(),
            Classifier(projection, random.normal(size=(3, 8))),
        )
        with tempfile.TemporaryDirectory() as folder:
            save_run(Path(folder), options, model, [4, 5, 9], {})
            read_options, read, classes = load_run(Path(folder))
            self.assertEqual((read_options, classes), (options, [4, 5, 9]))
            for name, value in model.state_dict().items():
                torch.testing.assert_close(read.state_dict()[name], value)
            self.assertEqual(trunk_tensors(Path(folder)).keys(), model.trunk.tensors().keys())


@unittest.skipIf(MISSING, f"{MISSING} not installed (requirements-train.txt)")
class Depthwise(unittest.TestCase):
    def gradients(self, convolution, dtype, kernel_side, stride, side):
        random = torch.Generator().manual_seed(4)
        shapes = ((2, 8, side, side), (8, 1, kernel_side, kernel_side), (8,))
        inputs, kernel, bias = (
            torch.randn(shape, generator=random, dtype=torch.float64).to(dtype).requires_grad_() for shape in shapes
        )
        outputs = convolution(inputs, kernel, bias, stride, kernel_side // 2)
        upstream = torch.randn(outputs.shape, generator=random, dtype=torch.float64).to(dtype)
        return torch.autograd.grad(outputs, (inputs, kernel, bias), upstream)

    def test_gradients_are_those_of_the_plain_convolution(self):
        def plain(inputs, kernel, bias, stride, padding):
            return torch.nn.functional.conv2d(inputs, kernel, bias, stride, padding, 1, len(kernel))

        for kernel_side, stride, side in ((3, 1, 9), (3, 2, 10), (5, 1, 9), (5, 2, 9), (5, 2, 12)):
            with self.subTest(kernel=kernel_side, stride=stride, side=side):
                expected = self.gradients(plain, torch.float32, kernel_side, stride, side)
                exact = self.gradients(depthwise, torch.float32, kernel_side, stride, side)
                half = self.gradients(depthwise, torch.bfloat16, kernel_side, stride, side)
                for wanted, found, rough in zip(expected, exact, half, strict=True):
                    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)
                    torch.testing.assert_close(rough.float(), wanted, rtol=0.05, atol=0.15)


@unittest.skipIf(MISSING, f"{MISSING} not installed (requirements-train.txt)")
class Export(unittest.TestCase):
    def test_writes_graphs_with_the_shipped_interface_and_no_place_on_a_computer(self):
        options = Options(model="lite0", teacher="/secret/place/teacher", **DEFAULTS["lite0"])
        trunk_module = Trunk(VARIANTS["lite0"], random_tensors("lite0")).eval()
        random = np.random.default_rng(6)
        projection = Projection(random.normal(size=(1280, 8)).astype(np.float32), np.zeros(8, np.float32))
        model = Model(trunk_module, Pooling(), Classifier(projection, random.normal(size=(2, 8))))
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder)
            save_run(run, options, model, [0, 1], {"torch": "x"})
            (run / "photos.sha256").write_text("")
            photos = self.photos(run / "set")
            with mock.patch("train.export.untrained_weights", return_value=(trunk_module.tensors(), "hash")):
                for precision in PRECISIONS:
                    export(run, options, 0.5, photos, precision, run / "out", run, lambda line: None)
            inputs = np.stack([load_input(path, options.side) for path in photos.paths])
            expected = features(trunk_module, Pooling(), inputs)["gem"]
            for precision, smallest_cosine in (("fp16", 0.99999), ("int8", 0.98)):
                session = open_session(run / "out" / "built" / f"lite0-224-{precision}.onnx", threads=1)
                self.assertEqual(
                    [output.name for output in session.get_outputs()], ["embedding", "pooled_gem", "pooled_all"]
                )
                embedding, pooled = session.run(["embedding", "pooled_gem"], {"images": inputs})
                self.assertEqual(embedding.shape, (len(inputs), DIMENSION))
                self.assertGreater((unit_length(pooled) * unit_length(expected)).sum(axis=1).min(), smallest_cosine)
            for note in (run / "out").rglob("*.json"):
                self.assertNotIn("secret", note.read_text())

    def photos(self, folder):
        folder.mkdir()
        random = np.random.default_rng(7)
        paths = [folder / f"{number}.png" for number in range(6)]
        for path in paths:
            Image.fromarray(random.integers(0, 256, (240, 240, 3), np.uint8)).save(path)
        labels = np.repeat([0, 1], 3)
        return Photos(paths, labels, labels)


if __name__ == "__main__":
    unittest.main()
