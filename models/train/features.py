"""Pooled features of photos as the till would see them."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from tillmodel.photos import to_input
from train.data import Pictures
from train.head import POOLINGS, Pooling
from train.network import Trunk, normalised

BATCH = 32

Features = dict[str, NDArray[np.float32]]


def model_inputs(pictures: Pictures, side: int) -> NDArray[np.uint8]:
    """The model's inputs [photos, side, side, 3]."""
    with ThreadPoolExecutor() as pool:
        return np.stack(list(pool.map(lambda pixels: to_input(Image.fromarray(pixels), side), pictures.pixels)))


@torch.no_grad()
def features(trunk: Trunk, pooling: Pooling, inputs: NDArray[np.uint8]) -> Features:
    """Features [inputs, 1280] by pooling, in float32, with the trunk as it is in use."""
    was_training = trunk.training
    trunk.eval()
    parts: dict[str, list[NDArray[np.float32]]] = {kind: [] for kind in POOLINGS}
    for start in range(0, len(inputs), BATCH):
        head_map = trunk(normalised(torch.from_numpy(inputs[start : start + BATCH])))
        for kind, of_kind in parts.items():
            of_kind.append(pooling(head_map, kind).numpy())
    trunk.train(was_training)
    return {kind: np.concatenate(of_kind) for kind, of_kind in parts.items()}
