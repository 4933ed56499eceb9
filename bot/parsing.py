"""Parses lines with a trained model; run with the bot's Python.

Reads a JSON list of texts on standard input, writes a JSON list of Rasa's parse results to the file
named last: `python -m bot.parsing models/frontline.tar.gz results.json < texts.json`.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Dict, List


async def parse(model: str, texts: List[str]) -> List[Dict[str, Any]]:
    """Rasa's parse result of each text."""
    from rasa.core.agent import Agent

    agent = Agent.load(model)
    return [await agent.parse_message(text) for text in texts]


def main() -> None:
    """Entrance of the module."""
    model, results = sys.argv[1:3]
    texts = json.load(sys.stdin)
    parsed = asyncio.run(parse(model, texts))
    Path(results).write_text(json.dumps(parsed, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
