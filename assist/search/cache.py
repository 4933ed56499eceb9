"""Vectors kept on disk by the text they belong to, so that a restart encodes nothing again."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from assist.encoder import Encoder
from assist.search.dense import Vectors

_ROWS_AT_ONCE = 500
_T = TypeVar("_T")
Halves = NDArray[np.float16]


class VectorCache:
    """A file that several processes may share; vectors are kept in half precision.

    `identity` names the encoder: vectors of another one are never given back."""

    def __init__(self, path: Path, identity: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._identity = identity.encode()
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, timeout=30, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=NORMAL")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL)"
            " WITHOUT ROWID"
        )

    def encode(self, encoder: Encoder, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts` (n, dimension) as `encoder.encode` gives them; each distinct text that
        is not known yet is encoded once and kept."""
        keys = [self._key(text) for text in texts]
        known = self._read(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        for part in _parts(list(missing.items())):
            vectors = encoder.encode([text for _, text in part]).astype(np.float16)
            fresh = dict(zip((key for key, _ in part), vectors, strict=True))
            self._write(fresh)
            known.update(fresh)
        stacked = np.empty((len(keys), encoder.dimension), dtype=np.float32)
        for row, key in enumerate(keys):
            stacked[row] = known[key]
        return stacked

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _key(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode(), digest_size=16, key=self._identity[:64]).digest()

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, Halves]:
        found = {}
        for part in _parts(list(dict.fromkeys(keys))):
            marks = ",".join("?" * len(part))
            with self._lock:
                rows = self._file.execute(
                    f"SELECT key, vector FROM vectors WHERE key IN ({marks})", part
                ).fetchall()
            found.update({key: np.frombuffer(vector, np.float16) for key, vector in rows})
        return found

    def _write(self, vectors: dict[bytes, Halves]) -> None:
        rows = [(key, vector.tobytes()) for key, vector in vectors.items()]
        with self._lock, self._file:
            self._file.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)


def _parts(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), _ROWS_AT_ONCE):
        yield items[start : start + _ROWS_AT_ONCE]
