"""spaCy without torch.

thinc, under spaCy, imports torch whenever it is installed: seconds of start-up and hundreds of
megabytes for rules that never use it. Import this module before anything of spaCy's.
"""

from __future__ import annotations

import sys

if "torch" in sys.modules:
    import spacy
else:
    sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        import spacy
    finally:
        del sys.modules["torch"]

__all__ = ["spacy"]
