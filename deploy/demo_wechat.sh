#!/usr/bin/env bash
# Frontline together with a WeChat platform of our own; the phone is at http://127.0.0.1:8090/
set -euo pipefail
cd "$(dirname "$0")/.."
phone=${WECHAT_DEMO_PORT:-8090} gateway=http://127.0.0.1:${FRONTLINE_PORT:-8080}
eval "$(.venv/bin/python -m tests.wechat_platform --port "$phone" --settings)"
.venv/bin/python -m tests.wechat_platform --port "$phone" --gateway "$gateway" &
platform=$!
trap 'kill $platform 2>/dev/null || true' EXIT
.venv/bin/frontline up
