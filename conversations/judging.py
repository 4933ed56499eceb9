"""Triage off the event loop, begun while its message is still being kept."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from conversations.model import Verdict
from conversations.ports import Triage
from foundation.metrics import TRIAGE, TRIAGE_SECONDS

AHEAD = 256


class Judging:
    """Judges texts in threads. What was begun ahead and is never asked for is forgotten."""

    def __init__(self, triage: Triage) -> None:
        self._triage = triage
        self._ahead: OrderedDict[str, asyncio.Task[Verdict]] = OrderedDict()

    def begin(self, text: str) -> None:
        """Start judging a text whose verdict will soon be wanted."""
        if not text or text in self._ahead:
            return
        task = asyncio.create_task(self._judge(text))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._ahead[text] = task
        if len(self._ahead) > AHEAD:
            self._ahead.popitem(last=False)

    async def verdict(self, text: str) -> Verdict:
        """The verdict on a text; a start that failed is tried again. Empty text is routine."""
        if not text:
            return Verdict()
        begun = self._ahead.pop(text, None)
        if begun is None or (begun.done() and (begun.cancelled() or begun.exception())):
            verdict = await self._judge(text)
        else:
            verdict = await begun
        TRIAGE.labels(verdict.level, verdict.certainty or "none").inc()
        return verdict

    async def _judge(self, text: str) -> Verdict:
        with TRIAGE_SECONDS.time():
            return await asyncio.to_thread(self._triage.assess, text)
