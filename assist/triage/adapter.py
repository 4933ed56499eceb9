"""Low-rank changes to the encoder's upper layers, trained on a CPU and shipped as a small file.

Only `LAYERS` upper layers change, by matrices of rank `RANK` on every linear map (LoRA, Hu et al.
2021); the lower layers and the word table stay those of the default encoder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

RANK = 32
SCALE = 2.0


class LowRank(nn.Module):  # type: ignore[misc]
    """A frozen linear map plus a trained change of rank `RANK`."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.linear = linear
        for parameter in linear.parameters():
            parameter.requires_grad_(False)
        self.down = nn.Parameter(torch.randn(RANK, linear.in_features) / linear.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(linear.out_features, RANK))
        self.dropout = nn.Dropout(0.05)

    def forward(self, states: Tensor) -> Tensor:
        """The map with its change."""
        change = self.dropout(states) @ self.down.T @ self.up.T
        return self.linear(states) + SCALE * change


def adapt(network: nn.Module, layers: range) -> dict[str, LowRank]:
    """Put a low-rank change on every linear map inside the given layers, by the map's name."""
    names = [
        name
        for name, module in network.named_modules()
        if isinstance(module, nn.Linear)
        and any(name.startswith(f"encoder.layer.{layer}.") for layer in layers)
    ]
    changes = {}
    for name in names:
        owner, _, attribute = name.rpartition(".")
        changes[name] = LowRank(network.get_submodule(name))
        setattr(network.get_submodule(owner), attribute, changes[name])
    return changes


def save(
    path: Path,
    changes: Mapping[str, LowRank],
    heads: Mapping[str, nn.Linear],
    labels: Mapping[str, Sequence[str]],
) -> None:
    """Write changes and heads as float16, with the heads' classes, to an .npz file.

    Keys: `NAME.down` (rank, inputs), `NAME.up` (outputs, rank), `head.HEAD.weight|bias`,
    `labels.HEAD`, `scale`. A map's new weight is the old one + scale * up @ down."""
    arrays: dict[str, Any] = {"scale": np.float32(SCALE)}
    for name, change in changes.items():
        arrays[f"{name}.down"], arrays[f"{name}.up"] = _half(change.down), _half(change.up)
    for name, head in heads.items():
        arrays[f"head.{name}.weight"] = _half(head.weight)
        arrays[f"head.{name}.bias"] = _half(head.bias)
        arrays[f"labels.{name}"] = np.array(labels[name])
    np.savez_compressed(path, **arrays)


def load(path: Path, changes: Mapping[str, LowRank], heads: Mapping[str, nn.Linear]) -> None:
    """Fill changes and heads from a file that `save` wrote. `KeyError` when it lacks one."""
    with np.load(path) as arrays:
        for name, change in changes.items():
            change.down.data = _full(arrays[f"{name}.down"])
            change.up.data = _full(arrays[f"{name}.up"])
        for name, head in heads.items():
            head.weight.data = _full(arrays[f"head.{name}.weight"])
            head.bias.data = _full(arrays[f"head.{name}.bias"])


def _half(tensor: Tensor) -> Any:
    return tensor.detach().numpy().astype(np.float16)


def _full(array: Any) -> Tensor:
    return torch.from_numpy(array.astype(np.float32))
