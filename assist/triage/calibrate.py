"""Choose thresholds on the held-back lines: `python -m assist.triage.calibrate`.

The limits are set by the share of look-alike routine lines that may raise an alarm or a question
(SPEC section 3), not by eye. The held-back routine lines are mixed as trouble comes: half
look-alikes, half ordinary.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assist.triage.lines import CLASSES, HAZARDS, ROUTINE, SENSITIVE
from assist.triage.rules import HazardRules
from assist.triage.triage import THRESHOLDS_FILE, Thresholds

RAISED = 0.012
ASKED = 0.05
SENSITIVE_SHARE = 0.4
RULE_CONFIRM, RULE_ASK, RULE_SENSITIVE = 0.25, 0.06, 0.1


def choose(
    emergency: NDArray[np.float64],
    sensitive: NDArray[np.float64],
    routine: NDArray[np.bool_],
    *,
    raised: float = RAISED,
    asked: float = ASKED,
) -> Thresholds:
    """Limits at which `raised` of the routine lines would alarm and `asked` more be asked about.

    `emergency` and `sensitive` are probabilities (lines), `routine` marks the routine lines. The
    alarms are shared between emergency and sensitive by `SENSITIVE_SHARE`."""
    confirm = _limit(emergency[routine], raised * (1 - SENSITIVE_SHARE))
    return Thresholds(
        confirm=confirm,
        ask=min(confirm, _limit(emergency[routine], raised * (1 - SENSITIVE_SHARE) + asked)),
        confirm_with_rule=min(confirm, RULE_CONFIRM),
        ask_with_rule=min(confirm, RULE_ASK),
        sensitive=(threat := _limit(sensitive[routine], raised * SENSITIVE_SHARE)),
        sensitive_with_rule=min(threat, RULE_SENSITIVE),
    )


def _limit(scores: NDArray[np.float64], share: float) -> float:
    return round(float(np.quantile(scores, 1 - share, method="higher")) + 1e-4, 4)


def main() -> None:
    """Print what the limits mean on the held-back lines and write them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("held_back", type=Path)
    parser.add_argument("--out", type=Path, default=THRESHOLDS_FILE)
    options = parser.parse_args()
    with np.load(options.held_back) as kept:
        logits, truth, texts = kept["hazard"], kept["truth"], kept["texts"]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    emergency = shares[:, [CLASSES.index(name) for name in HAZARDS]].sum(axis=1)
    sensitive = shares[:, [CLASSES.index(name) for name in SENSITIVE]].sum(axis=1)
    limits = choose(emergency, sensitive, truth == ROUTINE)
    rules = HazardRules()
    sure = np.array(
        [any(f.sure and f.category in HAZARDS for f in rules.find(str(text))) for text in texts]
    )
    hazard = np.isin(truth, HAZARDS)
    acted = emergency >= np.where(sure, limits.confirm_with_rule, limits.confirm)
    caught = emergency >= np.where(sure, limits.ask_with_rule, limits.ask)
    print(f"{hazard.sum()} emergencies: acted on {acted[hazard].mean():.3f}, "
          f"caught {caught[hazard].mean():.3f}")  # fmt: skip
    routine = truth == ROUTINE
    threatened = np.array(
        [any(f.sure and f.category in SENSITIVE for f in rules.find(str(text))) for text in texts]
    )
    limit = np.where(threatened, limits.sensitive_with_rule, limits.sensitive)
    threat = ~caught & (sensitive >= limit)
    print(f"{routine.sum()} routine: raised {(acted | threat)[routine].mean():.4f}, "
          f"asked {(caught & ~acted)[routine].mean():.4f}")  # fmt: skip
    print(f"sensitive recall {(threat | caught)[np.isin(truth, SENSITIVE)].mean():.3f}")
    options.out.write_text(json.dumps(asdict(limits), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
