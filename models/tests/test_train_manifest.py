"""The manifest of an exported run."""

import json
import tempfile
import unittest
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from train.manifest import write_manifest


class ManifestTest(unittest.TestCase):
    def setUp(self) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = Path(self.temporary.name)

    def graph(self, name: str, side: int) -> None:
        images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["N", side, side, 3])
        embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", 256])
        node = helper.make_node("Identity", ["images"], ["embedding"])
        model = helper.make_model(helper.make_graph([node], "graph", [images], [embedding]))
        onnx.save(model, self.folder / "export" / name)

    def test_names_graphs_as_the_till_does_and_the_runtime_from_where_it_lies(self) -> None:
        (self.folder / "export").mkdir()
        for precision in ("int8", "fp16"):
            self.graph(f"lite0-224-{precision}.onnx", 224)
        names = write_manifest(self.folder / "export", self.folder / "built")
        self.assertEqual(names, ["lite0-fp16", "lite0-int8"])
        manifest = json.loads((self.folder / "export/manifest.json").read_text())
        shipped = json.loads((Path(__file__).parent.parent / "manifest.json").read_text())
        self.assertEqual([set(entry) for entry in manifest["models"]], [set(shipped["models"][0])] * 2)
        self.assertEqual([entry["default"] for entry in manifest["models"]], [False, True])
        first = manifest["models"][0]
        self.assertEqual((first["input_side"], first["embedding_dim"]), (224, 256))
        self.assertEqual(first["version"], f"lite0-224-fp16.{first['sha256'][:12]}")
        self.assertEqual(manifest["runtime"]["x86_64"]["file"], "../built/x86_64/libonnxruntime.so")
        self.assertEqual(manifest["runtime"]["x86_64"]["sha256"], shipped["runtime"]["x86_64"]["sha256"])

    def test_says_what_it_does_not_find(self) -> None:
        with self.assertRaisesRegex(ValueError, "holds no ONNX graph"):
            write_manifest(self.folder)
        (self.folder / "export").mkdir()
        self.graph("model.onnx", 224)
        with self.assertRaisesRegex(ValueError, r"model.onnx` is not named like"):
            write_manifest(self.folder / "export")


if __name__ == "__main__":
    unittest.main()
