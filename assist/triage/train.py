"""Fine-tune the upper layers for triage and intents together: `python -m assist.triage.train`.

The lower layers are frozen, so their output is computed once per line; what remains trains on two
CPU cores. Lines whose digests stand in `data/held_back.txt` are never learned;
`python -m assist.triage.calibrate` chooses the thresholds on them. The result is
`weights/changes.npz` and `weights/thresholds.json`.

What is kept is a moving mean of the weights (Polyak & Juditsky 1992): at the same recall it raises
fewer alarms than the last step.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_

from assist.text import normalise
from assist.triage.classifier import windows
from assist.triage.lines import CLASSES, DATA, ROUTINE, Line, intent_lines, triage_lines
from assist.triage.network import BATCH, HEADS, Network, Task

WEIGHTS = Path(__file__).parent / "weights"
CHANGES = "changes.npz"
HELD_BACK = "held_back.npz"
HELD_BACK_LIST = DATA / "held_back.txt"
EPOCHS = 5
RATE = 8e-5
HEAD_RATE = 2e-3
WARM_UP = 0.15
SMOOTHING = 0.05
MEMORY = 0.998
SEED = 7


def digest(text: str) -> str:
    """How a line stands in the list of those held back."""
    return hashlib.blake2b(normalise(text).encode(), digest_size=6).hexdigest()


class MovingMean:
    """Mean of weights over the last steps, `MEMORY` of it from before each."""

    def __init__(self, weights: Sequence[Tensor]) -> None:
        self._weights = list(weights)
        self._mean = [weight.detach().clone() for weight in weights]
        self._steps = 0

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def update(self) -> None:
        """Take in the weights as they are now."""
        self._steps += 1
        memory = min(MEMORY, self._steps / (self._steps + 10))
        for mean, weight in zip(self._mean, self._weights, strict=True):
            mean.lerp_(weight, 1 - memory)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def put(self) -> None:
        """Make the mean the weights."""
        for mean, weight in zip(self._mean, self._weights, strict=True):
            weight.copy_(mean)


def fit(network: Network, lines: Sequence[Line], *, epochs: int, rate: float) -> None:
    """Train layers and heads on `lines`; the network is the moving mean afterwards."""
    began = time.monotonic()
    states = network.lower_states([line.text for line in lines])
    print(f"{len(lines)} lines, frozen layers {time.monotonic() - began:.0f} s", flush=True)
    wanted = {
        name: torch.tensor([_index(getattr(network.task, name), getattr(line, name))
                            for line in lines])
        for name in HEADS
    }  # fmt: skip
    layers, heads = network.parameters()
    groups = [
        {"params": [p for p in layers if p.ndim > 1], "lr": rate, "weight_decay": 0.01},
        {"params": [p for p in layers if p.ndim == 1], "lr": rate, "weight_decay": 0.0},
        {"params": heads, "lr": HEAD_RATE, "weight_decay": 0.01},
    ]
    optimiser = torch.optim.AdamW(groups)
    steps = epochs * (len(lines) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [rate, rate, HEAD_RATE], total_steps=steps + 1, pct_start=WARM_UP
    )
    mean = MovingMean([*layers, *heads])
    network.train(True)
    for epoch in range(epochs):
        began, total = time.monotonic(), 0.0
        for rows in _epoch_batches(states, epoch):
            pooled = network.mean([states[row] for row in rows])
            loss = sum(
                functional.cross_entropy(
                    network.heads[name](pooled),
                    target[rows],
                    ignore_index=-100,
                    label_smoothing=SMOOTHING,
                    reduction="sum",
                )
                for name, target in wanted.items()
            ) / len(rows)
            optimiser.zero_grad()
            loss.backward()
            clip_grad_norm_([*layers, *heads], 1.0)
            optimiser.step()
            schedule.step()
            mean.update()
            total += float(loss.detach()) * len(rows)
        seconds = time.monotonic() - began
        print(f"epoch {epoch + 1}: loss {total / len(lines):.3f}, {seconds:.0f} s", flush=True)
    mean.put()
    network.train(False)


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
            short.append(replace(line, text=network.most_alarming(parts), intent=None))
    return short


def _epoch_batches(states: Sequence[Tensor], epoch: int) -> Iterator[list[int]]:
    """Shuffled batches of similar length."""
    shuffle = random.Random(SEED + epoch)
    order = sorted(range(len(states)), key=lambda i: len(states[i]) + shuffle.uniform(-4, 4))
    batches = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    shuffle.shuffle(batches)
    yield from batches


def _index(classes: Sequence[str], name: str | None) -> int:
    return classes.index(name) if name in classes else -100


def split(lines: Sequence[Line], held_back: frozenset[str]) -> tuple[list[Line], list[Line]]:
    """Lines to measure on and lines to learn; `held_back` are digests."""
    kept = [line for line in lines if digest(line.text) in held_back]
    learned = [line for line in lines if digest(line.text) not in held_back]
    random.Random(SEED).shuffle(learned)
    return [line for line in kept if line.hazard], learned


def hold_back(lines: Sequence[Line], sources: Sequence[str], share: float) -> list[str]:
    """Digests of a share of the lines of these sources, drawn by chance."""
    drawn = [line for line in lines if line.source in sources]
    random.Random(SEED).shuffle(drawn)
    return sorted({digest(line.text) for line in drawn[: round(len(drawn) * share)]})


def main() -> None:
    """Train, write the weights and what the network says of the lines held back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--start-from", type=Path, help="go on from this file; take a lower rate")
    parser.add_argument(
        "--hold-back", nargs="+", default=[], metavar="SOURCE",
        help="before that, add an eighth of these new files to the list of lines held back",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    torch.manual_seed(SEED)
    lines = [
        replace(line, text=normalise(line.text)) for line in [*triage_lines(), *intent_lines()]
    ]
    listed = HELD_BACK_LIST.read_text("ascii").split()
    if options.hold_back:
        listed = sorted({*listed, *hold_back(lines, options.hold_back, 1 / 8)})
        HELD_BACK_LIST.write_text("\n".join(listed) + "\n", "ascii")
    task = Task(CLASSES, tuple(sorted({line.intent for line in lines if line.intent})))
    kept, learned = split(lines, frozenset(listed))
    learned = cut(Network(task, options.start_from or WEIGHTS / CHANGES), learned)
    network = Network(task, options.start_from)
    fit(network, learned, epochs=options.epochs, rate=options.rate)
    options.out.mkdir(exist_ok=True, parents=True)
    network.save(options.out / CHANGES)
    logits = network.judged_as_used([line.text for line in kept])
    np.savez(
        options.out / HELD_BACK,
        hazard=logits["hazard"],
        intent=logits["intent"],
        texts=np.array([line.text for line in kept]),
        truth=np.array([line.hazard for line in kept]),
        intents=np.array([line.intent or "" for line in kept]),
    )


if __name__ == "__main__":
    main()
