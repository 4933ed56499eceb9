"""Search over the case library: the one way that bot, sidebar, hit test and evaluation all take."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from assist.encoder import Encoder
from assist.search.catalogue import Entry, number_of, prepare
from assist.search.dense import FaissIndex, VectorIndex, Vectors
from assist.search.features import Matrix, Query, feature_matrix
from assist.search.lexical import FIELDS, LexicalEntry, LexicalIndex
from assist.search.metric import LibraryMetric
from assist.text import normalise
from knowledge_base.model import Case, CaseKind

_QUERY_LENGTH = 200
_NEAREST = 60
_LEXICAL = 40
