"""Reads the tensors of a file written by torch's legacy `torch.save`, without torch and without running code.

The file is five pickles (magic number, protocol, system information, the dictionary of tensors, the storage keys),
then for each key its element count as a little-endian int64 and the raw elements. A pickle can name any function of
any module to be called, so this reader resolves an allow-list of four names and refuses everything else.
"""

import collections
import io
import pickle
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tillmodel.weights import Tensors, WeightsError

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
STORAGE_DTYPES = {
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "DoubleStorage": "<f8",
}
REBUILDERS = {("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2")}


@dataclass(frozen=True)
class _StorageRef:
    key: str
    dtype: str


@dataclass(frozen=True)
class _TensorRef:
    """Where a tensor lies in its storage; offset and strides count elements."""

    storage: _StorageRef
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _tensor_ref(
    storage: _StorageRef, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> _TensorRef:
    return _TensorRef(storage, int(offset), tuple(shape), tuple(strides))


class _AllowListUnpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Callable[..., Any] | str:
        if (module_name, global_name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module_name, global_name) in REBUILDERS:
            return _tensor_ref
        if module_name == "torch" and global_name in STORAGE_DTYPES:
            return global_name
        raise WeightsError(f"refused to load `{module_name}.{global_name}`: a weights file holds tensors only")

    def persistent_load(self, pid: Any) -> _StorageRef:
        match pid:
            case ("storage", str(kind), key, *_) if kind in STORAGE_DTYPES:
                return _StorageRef(str(key), STORAGE_DTYPES[kind])
        raise WeightsError(f"refused the persistent id `{pid!r}`: expected a tensor storage")


def read_tensors(path: Path) -> Tensors:
    """All tensors of the file by name, each a contiguous copy.

    Raises WeightsError when the file is anything else than a whole legacy torch file of tensors.
    """
    data = path.read_bytes()
    try:
        return _parse(data)
    except WeightsError as error:
        raise WeightsError(f"failed to read weights `{path}`: {error}") from error
    except (
        pickle.UnpicklingError,
        EOFError,
        struct.error,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        KeyError,
    ) as error:
        raise WeightsError(f"failed to read weights `{path}`: damaged or not a legacy torch file ({error})") from error


def _parse(data: bytes) -> Tensors:
    stream = io.BytesIO(data)
    if _load(stream) != MAGIC or _load(stream) != PROTOCOL:
        raise WeightsError("not a legacy torch file (magic number or protocol differs)")
    _load(stream)  # system information: byte order and type sizes of the writer; always little-endian in practice
    refs = _load(stream)
    keys = _load(stream)
    if not isinstance(refs, dict) or not all(isinstance(ref, _TensorRef) for ref in refs.values()):
        raise WeightsError("expected a dictionary of tensors")
    dtypes = {ref.storage.key: np.dtype(ref.storage.dtype) for ref in refs.values()}
    storages = {str(key): _read_storage(stream, dtypes[str(key)]) for key in keys}
    if stream.read(1):
        raise WeightsError("bytes follow the last tensor")
    return {name: _view(ref, storages[ref.storage.key]) for name, ref in refs.items()}


def _load(stream: io.BytesIO) -> Any:
    return _AllowListUnpickler(stream).load()


def _read_storage(stream: io.BytesIO, dtype: np.dtype[Any]) -> NDArray[Any]:
    (count,) = struct.unpack("<q", stream.read(8))
    raw = stream.read(count * dtype.itemsize)
    if count < 0 or len(raw) != count * dtype.itemsize:
        raise WeightsError("the file ends inside a tensor")
    return np.frombuffer(raw, dtype)


def _view(ref: _TensorRef, storage: NDArray[Any]) -> NDArray[Any]:
    last = ref.offset + sum((size - 1) * stride for size, stride in zip(ref.shape, ref.strides, strict=True))
    empty = 0 in ref.shape
    if not empty and (min(ref.strides, default=0) < 0 or not 0 <= ref.offset <= last < len(storage)):
        raise WeightsError(f"a tensor of shape {ref.shape} reaches outside its storage")
    strides = [stride * storage.itemsize for stride in ref.strides]
    return np.lib.stride_tricks.as_strided(storage[ref.offset :], ref.shape, strides).copy()
