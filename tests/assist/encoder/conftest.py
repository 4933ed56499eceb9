from __future__ import annotations

from pathlib import Path

import pytest

from assist.encoder import OnnxEncoder
from assist.encoder.build import build_encoder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("encoder") / "built"
    build_encoder(target)
    return target


@pytest.fixture(scope="session")
def encoder(built: Path) -> OnnxEncoder:
    return OnnxEncoder(built)


@pytest.fixture(scope="session")
def lines() -> list[str]:
    path = Path(__file__).with_name("after_sales_lines.txt")
    return path.read_text(encoding="utf-8").splitlines()
