"""The encoder's upper layers with two heads, as they are trained for triage and intents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from assist.encoder.bert import load_bert, tokenise
from assist.triage import changes
from assist.triage.classifier import windows
from assist.triage.lines import CLASSES, ROUTINE

FROZEN_LAYERS = 4
MAX_TOKENS = 96
BATCH = 32
HEADS = ("hazard", "intent")

Logits = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Task:
    """The classes of the two heads, in the order of their logits."""

    hazard: tuple[str, ...]
    intent: tuple[str, ...]


class Network:
    """Upper layers and two linear heads over mean-pooled states; the layers below stay as they are,
    so their output is worked out once for each text."""

    def __init__(self, task: Task, start_from: Path | None = None) -> None:
        self.task = task
        self.bert, self.tokenizer = load_bert()
        self.bert.requires_grad_(False)
        self._upper = self.bert.encoder.layer[FROZEN_LAYERS:]
        self._before = self._tensors()
        hidden = self.bert.config.hidden_size
        self.heads = {name: nn.Linear(hidden, len(getattr(task, name))) for name in HEADS}
        if start_from:
            self._load(changes.Changes(start_from))
        self._upper.requires_grad_(True)

    def parameters(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """Of the layers, and of the heads."""
        heads = [p for head in self.heads.values() for p in head.parameters()]
        return list(self._upper.parameters()), heads

    def train(self, mode: bool) -> None:
        """Switch dropout on or off."""
        self._upper.train(mode)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def lower_states(self, texts: Sequence[str]) -> list[Tensor]:
        """Output of the frozen layers, one float32 (tokens, hidden) per text."""
        states: list[Tensor] = [torch.empty(0)] * len(texts)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            tokens, mask = tokenise(
                self.tokenizer, [f"query: {texts[row]}" for row in rows], MAX_TOKENS
            )
            hidden = self.bert.embeddings(input_ids=tokens)
            for layer in self.bert.encoder.layer[:FROZEN_LAYERS]:
                hidden = _run(layer, hidden, mask)
            for row, values, length in zip(rows, hidden, mask.sum(1).tolist(), strict=True):
                states[row] = values[:length].clone()
        return states

    def mean(self, batch: Sequence[Tensor]) -> Tensor:
        """Mean-pooled top states (texts, hidden) from lower states."""
        hidden = nn.utils.rnn.pad_sequence(list(batch), batch_first=True)
        lengths = torch.tensor([len(states) for states in batch])
        mask = (torch.arange(hidden.shape[1])[None] < lengths[:, None]).long()
        for layer in self._upper:
            hidden = _run(layer, hidden, mask)
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        return (hidden * weights).sum(1) / weights.sum(1)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def predict(self, texts: Sequence[str]) -> Logits:
        """Logits (texts, classes) by head."""
        states = self.lower_states(texts)
        order = sorted(range(len(texts)), key=lambda i: len(states[i]))
        parts = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
        means = torch.cat([self.mean([states[row] for row in part]) for part in parts])
        back = torch.tensor(order).argsort()
        return {name: head(means)[back].numpy() for name, head in self.heads.items()}

    def judged_as_used(self, texts: Sequence[str]) -> Logits:
        """Logits (texts, classes) by head of each text's most alarming window, as in service."""
        parts = [windows(text) for text in texts]
        logits = self.predict([part for found in parts for part in found])
        calm = _calm(logits["hazard"])
        chosen, place = [], 0
        for found in parts:
            chosen.append(place + int(calm[place : place + len(found)].argmin()))
            place += len(found)
        return {name: values[chosen] for name, values in logits.items()}

    def most_alarming(self, parts: Sequence[str]) -> str:
        """The part of a text that sounds least harmless."""
        return parts[int(_calm(self.predict(parts)["hazard"]).argmin())]

    def save(self, path: Path) -> None:
        """Write what was learned."""
        heads = {
            name: (head.weight.detach().numpy(), head.bias.detach().numpy())
            for name, head in self.heads.items()
        }
        labels = {name: getattr(self.task, name) for name in HEADS}
        changes.save(path, self._before, self._tensors(), heads, labels)

    def _tensors(self) -> dict[str, NDArray[np.float32]]:
        prefix = tuple(
            f"encoder.layer.{n}." for n in range(FROZEN_LAYERS, len(self.bert.encoder.layer))
        )
        return {
            name: values.detach().numpy().copy()
            for name, values in self.bert.state_dict().items()
            if name.startswith(prefix)
        }

    def _load(self, learned: changes.Changes) -> None:
        folded = learned.folded(self._before)
        self.bert.load_state_dict(
            {name: torch.from_numpy(values) for name, values in folded.items()}, strict=False
        )
        for name, head in self.heads.items():
            if learned.labels(name) == getattr(self.task, name):
                weight, bias = learned.head(name)
                head.weight.data, head.bias.data = torch.from_numpy(weight), torch.from_numpy(bias)


def _run(layer: nn.Module, hidden: Tensor, mask: Tensor) -> Tensor:
    extended = (1.0 - mask[:, None, None, :].to(hidden.dtype)) * torch.finfo(hidden.dtype).min
    output = layer(hidden, attention_mask=extended)
    return output[0] if isinstance(output, tuple) else output


def _calm(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """The logarithm of the share of "routine"."""
    highest = logits.max(axis=1)
    total = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
    calm: NDArray[np.float32] = logits[:, CLASSES.index(ROUTINE)] - total
    return calm
