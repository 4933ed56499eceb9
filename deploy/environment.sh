#!/usr/bin/env bash
# Build one of the two environments from its lock file: environment.sh main|bot
# TORCH_INDEX_URL may name an index with CPU builds of torch.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p var
case "$1" in
  main) folder=.venv lock=requirements.lock versions="3.11 3.12 3.13" ;;
  bot) folder=bot/.venv lock=bot/requirements.lock versions="3.10" ;;
  *) echo "usage: environment.sh main|bot" >&2; exit 2 ;;
esac
stamp="$folder/.lock-installed"
if cmp -s "$lock" "$stamp"; then exit 0; fi
python=$(bash deploy/find_python.sh $versions)
echo "▸ $1 environment with $("$python" --version) (first time: a few minutes)"
[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
pip="$folder/bin/python -m pip install --disable-pip-version-check --quiet --prefer-binary"
if [ "$1" = main ]; then
  echo "  torch" && $pip ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"} torch==2.13.0
fi
echo "  $(grep -c == "$lock") locked packages" && $pip -r "$lock"
if [ "$1" = main ]; then $pip --no-deps --editable .; fi
cp "$lock" "$stamp"
echo "✔ $1 environment is ready"
