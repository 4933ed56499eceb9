from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assist.encoder import OnnxEncoder, load_encoder
from assist.encoder.errors import EncoderNotBuilt
from assist.encoder.load import SentenceTransformerEncoder

ROOT = Path(__file__).resolve().parents[3]


def test_serving_imports_neither_torch_nor_pydantic_nor_foundation(built: Path) -> None:
    program = (
        "import sys\n"
        "from assist.encoder import load_encoder\n"
        f"load_encoder({str(built)!r}).encode(['冰箱漏水'])\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'onnx', 'pydantic',"
        " 'foundation'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_folder_opens_as_a_sentence_transformer(built: Path, encoder: OnnxEncoder) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(built), trust_remote_code=True)
    texts = ["空调不制冷", "我要退货"]
    assert model.get_embedding_dimension() == encoder.dimension
    _assert_same(model.encode_query(texts), encoder.encode(texts, "query"))
    _assert_same(model.encode_document(texts), encoder.encode(texts, "passage"))
    _assert_same(model.encode(texts), encoder.encode(texts, "query"))


def test_a_saved_sentence_transformer_is_a_built_folder(built: Path, tmp_path: Path) -> None:
    from assist.encoder.sentence_transformer import open_sentence_transformer

    open_sentence_transformer(built).save(str(tmp_path / "copy"))
    again = load_encoder(tmp_path / "copy")
    assert isinstance(again, OnnxEncoder)
    _assert_same(again.encode(["退款"]), OnnxEncoder(built).encode(["退款"]))


def test_any_other_model_goes_through_sentence_transformers(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import BoW

    SentenceTransformer(modules=[BoW(["退", "货", "款"])], device="cpu").save(str(tmp_path / "bow"))
    (tmp_path / "bow" / "config.json").touch()
    encoder = load_encoder(tmp_path / "bow")
    assert isinstance(encoder, SentenceTransformerEncoder)
    assert encoder.encode(["退 货", "退 款"]).shape == (2, encoder.dimension)
    np.testing.assert_allclose(np.linalg.norm(encoder.encode(["退 货"]), axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", ["var/models/never-built", "/nowhere/at/all"])
def test_a_folder_without_encoder_says_how_to_build_one(name: str) -> None:
    with pytest.raises(EncoderNotBuilt, match="encoder build"):
        load_encoder(name)


def _assert_same(ours: np.ndarray, theirs: np.ndarray) -> None:
    assert (np.asarray(ours) * theirs).sum(axis=1).min() > 0.99
