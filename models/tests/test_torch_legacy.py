"""The reader of torch's legacy format: right tensors out of good files, nothing but a refusal out of others."""

import collections
import io
import pickle
import struct
import sys
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

from tillmodel.weights import WeightsError
from train.torch_legacy import MAGIC, PROTOCOL, read_tensors


class FakeTensor:
    """Pickles as torch's tensors do: a call of `torch._utils._rebuild_tensor_v2` on a persistent storage."""

    def __init__(self, key, array, shape=None, strides=None, offset=0):
        self.storage = FakeStorage(key, array)
        self.arguments = (offset, shape or array.shape, strides or [step // array.itemsize for step in array.strides])

    def __reduce__(self):
        offset, shape, strides = self.arguments
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (self.storage, offset, tuple(shape), tuple(strides), False, collections.OrderedDict())


class FakeStorage:
    def __init__(self, key, array):
        self.key, self.array = key, array


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        if isinstance(value, FakeStorage):
            return ("storage", sys.modules["torch"].FloatStorage, value.key, "cpu", value.array.size, None)
        return None


def fake_torch():
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})

    def _rebuild_tensor_v2(*_):
        raise AssertionError("the reader must not call torch")

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    torch._utils = utils
    return mock.patch.dict(sys.modules, {"torch": torch, "torch._utils": utils})


def legacy_file(tensors, magic=MAGIC):
    stream = io.BytesIO()
    with fake_torch():
        storages = {tensor.storage.key: tensor.storage.array for tensor in tensors.values()}
        for part in (magic, PROTOCOL, {"little_endian": True}, tensors, list(storages)):
            Pickler(stream, protocol=2).dump(part)
    for array in storages.values():
        stream.write(struct.pack("<q", array.size) + array.astype("<f4").tobytes())
    return stream.getvalue()


class Calls:
    """Pickles as a call of any function: the attack."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


class ReadsTensors(unittest.TestCase):
    def read(self, data):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "weights.pth"
            path.write_bytes(data)
            return read_tensors(path)

    def refuses(self, data, reason):
        with self.assertRaises(WeightsError) as caught:
            self.read(data)
        self.assertIn(reason, str(caught.exception))
        self.assertIn("weights.pth", str(caught.exception))

    def setUp(self):
        self.array = np.arange(12, dtype=np.float32).reshape(3, 4)
        self.good = legacy_file({"a": FakeTensor("1", self.array), "b": FakeTensor("2", self.array + 100)})

    def test_reads_values_and_shapes(self):
        tensors = self.read(self.good)
        np.testing.assert_array_equal(tensors["a"], self.array)
        np.testing.assert_array_equal(tensors["b"], self.array + 100)

    def test_reads_a_transposed_view_with_an_offset(self):
        tensors = self.read(legacy_file({"t": FakeTensor("1", self.array, shape=(4, 2), strides=(1, 4), offset=4)}))
        np.testing.assert_array_equal(tensors["t"], self.array[1:].T)

    def test_never_runs_what_a_pickle_asks_for(self):
        with tempfile.TemporaryDirectory() as folder:
            witness = Path(folder) / "ran"
            attacks = [
                Calls(__import__("os").system, f"touch {witness}"),
                Calls(eval, "1"),
                Calls(open, str(witness), "w"),
            ]
            for attack in attacks:
                stream = io.BytesIO()
                for part in (MAGIC, PROTOCOL, attack):
                    pickle.dump(part, stream, protocol=2)
                self.refuses(stream.getvalue(), "refused to load")
            self.assertFalse(witness.exists())

    def test_refuses_what_is_not_whole(self):
        self.refuses(self.good[:-5], "ends inside a tensor")
        self.refuses(self.good[:40], "damaged")
        self.refuses(self.good + b"x", "bytes follow")
        self.refuses(b"", "damaged")
        self.refuses(b"PK\x03\x04 a newer torch file is a zip", "damaged or not a legacy torch file")
        self.refuses(legacy_file({}, magic=7), "magic number")

    def test_refuses_a_view_beyond_its_storage(self):
        for shape, strides, offset in [((3, 5), (4, 1), 0), ((3, 4), (4, 1), 1), ((2,), (-1,), 1)]:
            view = FakeTensor("1", self.array, shape=shape, strides=strides, offset=offset)
            self.refuses(legacy_file({"t": view}), "reaches outside its storage")


if __name__ == "__main__":
    unittest.main()
