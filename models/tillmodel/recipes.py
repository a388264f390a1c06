"""The models that are shipped, and the exact files they are made from."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from tillmodel.architecture import VARIANTS, Variant

MODELS_FOLDER = Path(__file__).resolve().parent.parent


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
    def weights(self) -> Path:
        """The committed weights of the network."""
        return MODELS_FOLDER / "weights" / f"{self.name}-{self.side}.npz"

    @property
    def projection(self) -> Path:
        """The committed projection folded into it."""
        return MODELS_FOLDER / "projections" / f"{self.stem}.npz"

    @property
    def trials(self) -> Path:
        """The committed trials of photos it has not seen."""
        return MODELS_FOLDER / "trials" / f"{self.stem}.json"

    @property
    def ranges(self) -> Path:
        """The committed ranges of what ReLU6 does not bound (int8 only)."""
        return MODELS_FOLDER / "ranges" / f"{self.name}-{self.side}.json"


RECIPES = (
    Recipe("lite2", side=260, precision="int8", default=True),
    Recipe("lite0", side=224, precision="int8", default=False),
)


def recipe(name: str) -> Recipe:
    """The shipped model of that name."""
    for candidate in RECIPES:
        if candidate.name == name:
            return candidate
    raise KeyError(f"there is no model `{name}`: choose one of {[candidate.name for candidate in RECIPES]}")


def sha256(path: Path) -> str:
    """The file's SHA-256 in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
