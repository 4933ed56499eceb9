"""Average the weights of two training stages: `python -m assist.triage.average A B --out OUT`.

The mean of a stage and the one that went on from it is surer of itself than the later one alone: it
raises fewer alarms at the same recall (model soups, Wortsman et al. 2022).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def averaged(
    one: Mapping[str, NDArray[Any]], other: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """The arrays of an adapter file, each the mean of both; labels and scale are taken over.

    Raises:
        ValueError: the files are not of one shape, or name other classes.
    """
    if one.keys() != other.keys():
        raise ValueError("the two files hold other arrays")
    mean: dict[str, NDArray[Any]] = {}
    for name, values in one.items():
        if name == "scale" or name.startswith("labels."):
            if not np.array_equal(values, other[name]):
                raise ValueError(f"the two files differ in {name}")
            mean[name] = values
            continue
        total = values.astype(np.float32) + other[name].astype(np.float32)
        mean[name] = (total / 2).astype(np.float16)
    return mean


def main() -> None:
    """Read two adapter files and write their mean."""
    parser = argparse.ArgumentParser()
    parser.add_argument("stages", type=Path, nargs=2)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    with np.load(options.stages[0]) as one, np.load(options.stages[1]) as other:
        np.savez_compressed(options.out, allow_pickle=False, **averaged(dict(one), dict(other)))


if __name__ == "__main__":
    main()
