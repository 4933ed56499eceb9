#!/usr/bin/env bash
# Print the path of a Python of one of the given versions: find_python.sh 3.11 3.12 3.13
# Looks in PATH, then pyenv, then lets uv fetch one.
set -u
works() { "$1" -c "import sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$2')" 2>/dev/null; }
for version in "$@"; do
  for candidate in "$(command -v "python$version" || true)" "$(command -v python3 || true)" \
      "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/"python$version"; do
    if [ -x "$candidate" ] && works "$candidate" "$version"; then echo "$candidate"; exit 0; fi
  done
done
uv=$(command -v uv || true)
if [ -z "$uv" ] && command -v python3 >/dev/null; then
  python3 -m venv var/uv >&2 && var/uv/bin/pip install -q uv >&2 && uv=var/uv/bin/uv
fi
if [ -n "$uv" ] && "$uv" python install "$1" >&2; then "$uv" python find "$1"; exit 0; fi
echo "No Python $* found. Install one of them (python.org, pyenv or your system's packages)." >&2
exit 1
