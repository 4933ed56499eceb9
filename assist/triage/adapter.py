"""Low-rank changes to the encoder's upper layers, trained on a CPU and shipped as a small file.

Only `LAYERS` upper layers change, by matrices of rank `RANK` on every linear map (LoRA, Hu et al.
2021); the lower layers and the word table stay those of the default encoder.
"""

from __future__ import annotations

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

    def merged(self) -> nn.Linear:
        """One plain linear map that does the same."""
        self.linear.weight.data += SCALE * (self.up @ self.down).detach()
        return self.linear


def adapt(layers: nn.ModuleList) -> list[LowRank]:
    """Put a low-rank change on every linear map inside `layers`, in a fixed order."""
    return [_replace(owner, name, LowRank) for owner, name in _linear_maps(layers)]


def merge(layers: nn.ModuleList) -> None:
    """Fold the changes into plain linear maps again."""
    for owner, name in _linear_maps(layers, LowRank):
        setattr(owner, name, getattr(owner, name).merged())


def save(path: Path, changes: list[LowRank], heads: dict[str, nn.Linear]) -> None:
    """Write changes and heads as float16 to an .npz file."""
    arrays: dict[str, Any] = {}
    for number, change in enumerate(changes):
        arrays[f"{number}.down"] = _half(change.down)
        arrays[f"{number}.up"] = _half(change.up)
    for name, head in heads.items():
        arrays[f"{name}.weight"], arrays[f"{name}.bias"] = _half(head.weight), _half(head.bias)
    np.savez_compressed(path, **arrays)


def load(path: Path, changes: list[LowRank], heads: dict[str, nn.Linear]) -> None:
    """Fill changes and heads from a file that `save` wrote."""
    with np.load(path) as arrays:
        for number, change in enumerate(changes):
            change.down.data = _full(arrays[f"{number}.down"])
            change.up.data = _full(arrays[f"{number}.up"])
        for name, head in heads.items():
            head.weight.data = _full(arrays[f"{name}.weight"])
            head.bias.data = _full(arrays[f"{name}.bias"])


def _linear_maps(
    layers: nn.ModuleList, kind: type[nn.Module] = nn.Linear
) -> list[tuple[nn.Module, str]]:
    return [
        (owner, name)
        for layer in layers
        for owner in layer.modules()
        if not isinstance(owner, LowRank)
        for name, child in owner.named_children()
        if isinstance(child, kind)
    ]


def _replace(owner: nn.Module, name: str, wrap: type[LowRank]) -> LowRank:
    changed = wrap(getattr(owner, name))
    setattr(owner, name, changed)
    return changed


def _half(tensor: Tensor) -> Any:
    return tensor.detach().numpy().astype(np.float16)


def _full(array: Any) -> Tensor:
    return torch.from_numpy(array.astype(np.float32))
