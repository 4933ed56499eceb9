"""Fine-tune the upper layers for triage and intents together: `python -m assist.triage.train`.

The lower layers are frozen, so their output is computed once per line; what remains trains on two
CPU cores. Part of the lines is held back, and `python -m assist.triage.calibrate` chooses the
thresholds on it; the result is `weights/adapter.npz` and `weights/thresholds.json`.

When lines have been added, `--start-from weights/adapter.npz --fresh NAME ...` goes on from the
weights there are: it learns the named files and a rehearsal of all other lines, at half the rate.
What the earlier stage held back (`held_back.npz` beside its weights) stays held back.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from assist.encoder.bert import load_bert, tokenise
from assist.text import normalise
from assist.triage import adapter
from assist.triage.classifier import windows
from assist.triage.lines import CLASSES, ROUTINE, Line, intent_lines, triage_lines

WEIGHTS = Path(__file__).parent / "weights"
FROZEN_LAYERS = 4
EPOCHS = 4
BATCH = 32
RATE = 6e-4
HEAD_RATE = 2e-3
SMOOTHING = 0.05
MAX_TOKENS = 96
SEED = 7
HELD_BACK = "held_back.npz"


@dataclass(frozen=True)
class Task:
    """The classes of the two heads, in the order of their logits."""

    hazards: tuple[str, ...]
    intents: tuple[str, ...]


class Network:
    """Upper layers with low-rank changes and two linear heads over mean-pooled states."""

    def __init__(self, task: Task, start_from: Path | None = None) -> None:
        self.bert, self.tokenizer = load_bert()
        self.bert.requires_grad_(False)
        self.upper = self.bert.encoder.layer[FROZEN_LAYERS:]
        self.changes = adapter.adapt(
            self.bert, range(FROZEN_LAYERS, self.bert.config.num_hidden_layers)
        )
        hidden = self.bert.config.hidden_size
        self.heads = {
            "hazard": nn.Linear(hidden, len(task.hazards)),
            "intent": nn.Linear(hidden, len(task.intents)),
        }
        if start_from:
            adapter.load(start_from, self.changes, self.heads)

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
        for layer in self.upper:
            hidden = _run(layer, hidden, mask)
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        return (hidden * weights).sum(1) / weights.sum(1)

    def parameters(self, pace: float) -> list[dict[str, object]]:
        """What is trained, in two groups with their learning rates times `pace`."""
        changes = [p for change in self.changes.values() for p in (change.down, change.up)]
        heads = [p for head in self.heads.values() for p in head.parameters()]
        return [
            {"params": changes, "lr": RATE * pace},
            {"params": heads, "lr": HEAD_RATE * pace},
        ]

    def train(self, mode: bool) -> None:
        """Switch dropout on or off."""
        self.upper.train(mode)


def _run(layer: nn.Module, hidden: Tensor, mask: Tensor) -> Tensor:
    extended = (1.0 - mask[:, None, None, :].to(hidden.dtype)) * torch.finfo(hidden.dtype).min
    output = layer(hidden, attention_mask=extended)
    return output[0] if isinstance(output, tuple) else output


def fit(
    network: Network,
    task: Task,
    lines: Sequence[Line],
    states: Sequence[Tensor],
    *,
    epochs: int,
    pace: float = 1.0,
) -> None:
    """Train changes and heads on `lines`, whose lower states are `states`."""
    hazards = torch.tensor([_index(task.hazards, line.hazard) for line in lines])
    intents = torch.tensor([_index(task.intents, line.intent) for line in lines])
    optimiser = torch.optim.AdamW(network.parameters(pace), weight_decay=0.01)
    rates = [group["lr"] for group in optimiser.param_groups]
    steps = epochs * (len(lines) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=steps + 1)
    network.train(True)
    for epoch in range(epochs):
        began, total = time.monotonic(), 0.0
        for rows in _epoch_batches(states, epoch):
            mean = network.mean([states[row] for row in rows])
            loss = sum(
                functional.cross_entropy(
                    network.heads[name](mean),
                    target[rows],
                    ignore_index=-100,
                    label_smoothing=SMOOTHING,
                    reduction="sum",
                )
                for name, target in (("hazard", hazards), ("intent", intents))
            ) / len(rows)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if schedule.last_epoch < steps:
                schedule.step()
            total += float(loss.detach()) * len(rows)
        seconds = time.monotonic() - began
        print(f"epoch {epoch + 1}: loss {total / len(lines):.3f}, {seconds:.0f} s", flush=True)
    network.train(False)


@torch.no_grad()  # type: ignore[untyped-decorator]
def predict(network: Network, states: Sequence[Tensor]) -> dict[str, NDArray[np.float32]]:
    """Logits (texts, classes) by head."""
    means = [network.mean([one]) for one in states]
    stacked = torch.cat(means)
    return {name: head(stacked).numpy() for name, head in network.heads.items()}


def judged_as_used(network: Network, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Logits (texts, classes) by head of each text's most alarming window, as in service."""
    parts = [windows(text) for text in texts]
    owner = [row for row, found in enumerate(parts) for _ in found]
    logits = predict(network, network.lower_states([part for found in parts for part in found]))
    calm = logits["hazard"][:, CLASSES.index(ROUTINE)] - _log_sum(logits["hazard"])
    worst: dict[int, int] = {}
    for place, row in enumerate(owner):
        if row not in worst or calm[place] < calm[worst[row]]:
            worst[row] = place
    chosen = [worst[row] for row in range(len(texts))]
    return {name: values[chosen] for name, values in logits.items()}


def cut(network: Network, lines: Sequence[Line]) -> list[Line]:
    """The lines as the classifier will see them: a long one in windows.

    Every window of a harmless line is harmless; of any other, the most alarming one (to the
    network as it is) carries the label and the rest is left out."""
    short: list[Line] = []
    for line in lines:
        parts = windows(line.text)
        if len(parts) == 1:
            short.append(line)
        elif line.hazard == ROUTINE:
            short += [replace(line, text=part, intent=None) for part in parts]
        elif line.hazard:
            logits = predict(network, network.lower_states(parts))["hazard"]
            calm = logits[:, CLASSES.index(ROUTINE)] - _log_sum(logits)
            short.append(replace(line, text=parts[int(calm.argmin())], intent=None))
    return short


def _log_sum(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    highest = logits.max(axis=1)
    total: NDArray[np.float32] = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
    return total


def _epoch_batches(states: Sequence[Tensor], epoch: int) -> Iterator[list[int]]:
    """Shuffled batches of similar length."""
    shuffle = random.Random(SEED + epoch)
    order = sorted(range(len(states)), key=lambda i: len(states[i]) + shuffle.uniform(-4, 4))
    batches = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    shuffle.shuffle(batches)
    yield from batches


def _index(classes: Sequence[str], name: str | None) -> int:
    return classes.index(name) if name in classes else -100


def split(
    lines: list[Line],
    *,
    fresh: Sequence[str],
    held_back: float,
    rehearse: int,
    kept_before: frozenset[str] = frozenset(),
) -> tuple[list[Line], list[Line]]:
    """Lines to hold back and lines to learn, shuffled.

    Without `fresh` (names of sources) the parts come from all lines; with it, what is held back
    comes from those sources alone and `rehearse` other lines are learned besides. Texts that an
    earlier stage held back (`kept_before`) stay so, and nothing else does: it has learned them."""
    shuffle = random.Random(SEED)
    shuffled = list(lines)
    shuffle.shuffle(shuffled)
    new = [line for line in shuffled if not fresh or line.source in fresh]
    old = [line for line in shuffled if fresh and line.source not in fresh]
    if kept_before:
        kept = [line for line in shuffled if line.text in kept_before]
        new = [line for line in new if line.text not in kept_before]
        old = [line for line in old if line.text not in kept_before]
    else:
        cut = round(len(new) * held_back)
        kept, new = new[:cut], new[cut:]
    learned = new + old[:rehearse]
    shuffle.shuffle(learned)
    return kept, learned


def _kept_before(start_from: Path | None) -> frozenset[str]:
    file = start_from.with_name(HELD_BACK) if start_from else None
    if file is None or not file.exists():
        return frozenset()
    with np.load(file) as before:
        return frozenset(str(text) for text in before["texts"])


def main() -> None:
    """Train, write the weights and what the network says of the lines held back."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--held-back", type=float, default=0.12)
    parser.add_argument("--start-from", type=Path)
    parser.add_argument("--fresh", nargs="*", default=[])
    parser.add_argument("--rehearse", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    torch.manual_seed(SEED)
    lines = [
        replace(line, text=normalise(line.text)) for line in [*triage_lines(), *intent_lines()]
    ]
    task = Task(CLASSES, tuple(sorted({line.intent for line in lines if line.intent})))
    kept, learned = split(
        lines,
        fresh=options.fresh,
        held_back=options.held_back,
        rehearse=options.rehearse,
        kept_before=_kept_before(options.start_from),
    )
    network = Network(task, options.start_from)
    learned = cut(network, learned)
    began = time.monotonic()
    states = network.lower_states([line.text for line in learned])
    print(f"{len(learned)} lines, frozen layers {time.monotonic() - began:.0f} s", flush=True)
    pace = 0.5 if options.start_from else 1.0
    fit(network, task, learned, states, epochs=options.epochs, pace=pace)
    options.out.mkdir(exist_ok=True)
    labels = {"hazard": task.hazards, "intent": task.intents}
    adapter.save(options.out / "adapter.npz", network.changes, network.heads, labels)
    if kept:
        logits = judged_as_used(network, [line.text for line in kept])
        np.savez(
            options.out / HELD_BACK,
            hazard=logits["hazard"],
            intent=logits["intent"],
            texts=np.array([line.text for line in kept]),
            truth=np.array([line.hazard or "" for line in kept]),
            intents=np.array([line.intent or "" for line in kept]),
        )


if __name__ == "__main__":
    main()
