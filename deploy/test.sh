#!/usr/bin/env bash
# The whole test command; `make test` builds what it needs first.
set -euo pipefail
cd "$(dirname "$0")/.."
export OMP_NUM_THREADS=1
.venv/bin/ruff check . && .venv/bin/ruff format --check .
.venv/bin/mypy
.venv/bin/lint-imports
(cd web && npm run --silent test && npm run --silent size)
if [ ! -x "${FRONTLINE_CHROMIUM:-/usr/bin/chromium}" ] && ! .venv/bin/python -m playwright install chromium >/dev/null 2>&1; then
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "▸ Chromium and Chinese fonts for the browser tests"
    { apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk; } >/dev/null
  fi
fi
if [ $# -gt 0 ]; then exec .venv/bin/pytest "$@"; fi
.venv/bin/pytest -n 2 --dist loadfile --ignore tests/system
.venv/bin/pytest tests/system
