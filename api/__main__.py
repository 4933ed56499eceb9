"""`python -m api` is the `frontline` command."""

from api.cli import app

app()
