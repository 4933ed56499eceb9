"""What all commands of `frontline` share: output, errors, exit codes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import httpx
import typer
from rich.console import Console
from rich.table import Table

from foundation.errors import FrontlineError

P = ParamSpec("P")
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
ExistingFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]


def command(function: Callable[P, None]) -> Callable[P, None]:
    """Show expected errors on stderr and exit 1 instead of a traceback."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except typer.Exit:
            raise
        except FrontlineError as error:
            fail(error.message, error.detail)
        except (OSError, ValueError, httpx.HTTPError) as error:
            fail(f"{type(error).__name__}: {error}")
        except Exception as error:
            if _is_expected(error):
                fail(str(error))
            raise

    return wrapped


def _is_expected(error: Exception) -> bool:
    """Whether the encoder raised it on purpose; its module is heavy and imported only now."""
    from assist.encoder.errors import EncoderError

    return isinstance(error, EncoderError)


def fail(message: str, detail: dict[str, Any] | None = None) -> None:
    """Print an error and exit 1."""
    err.print("[red]error[/]:", message, soft_wrap=True)
    for name, value in (detail or {}).items():
        err.print(f"  {name}: {value}", soft_wrap=True, markup=False)
    raise typer.Exit(1)


def told(step: str) -> None:
    """One line of progress, on stderr so that output can be piped."""
    err.print(f"· {step}", soft_wrap=True, markup=False)


def table_of(title: str, columns: list[str], rows: list[list[str]]) -> Table:
    """A plain table; every column but the first is a number."""
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*row)
    return table
