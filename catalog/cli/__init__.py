"""The `fairscan` command: one module a command group, errors in one line, heavy imports late."""

from __future__ import annotations

import os
import sys

import typer

from catalog.cli import ask, keep, look, schedule, show, steward, tools
from schemas.errors import FairscanError, QueryError, UsageError

app = typer.Typer(
    name="fairscan",
    help="The FAIR catalogue of public medical scans: harvest, check, publish, search, select.",
    no_args_is_help=True,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _group in (keep, look, ask, show, tools, steward, schedule):
    _group.register(app)


@app.callback()
def _settings(
    home: str | None = typer.Option(
        None, "--home", metavar="DIR", help="Where fairscan keeps its data [FAIRSCAN_HOME]."
    ),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
    version: bool = typer.Option(False, "--version", help="Print the version.", is_eager=True),
) -> None:
    if version:
        from catalog.release import generator

        print(generator())
        raise typer.Exit
    if home:
        os.environ["FAIRSCAN_HOME"] = home
    if debug:
        os.environ["FAIRSCAN_DEBUG"] = "1"


def main() -> None:
    """Run the command. Exit 0 done, 1 failed, 2 wrong usage, 3 done with held or failed sources."""
    try:
        code = _run()
        sys.stdout.flush()
    except FairscanError as error:
        if os.environ.get("FAIRSCAN_DEBUG"):
            raise
        code = 2 if isinstance(error, UsageError | QueryError) else 1
        print(f"fairscan: {error}", file=sys.stderr)
    except BrokenPipeError:
        code = _deaf()
    except OSError as error:
        if os.environ.get("FAIRSCAN_DEBUG"):
            raise
        where = f" ({error.filename})" if error.filename else ""
        print(f"fairscan: {error.strerror or error}{where}. Free or open it", file=sys.stderr)
        code = _deaf()
    sys.exit(code)


def _run() -> int:
    try:
        app()
    except SystemExit as ended:
        if ended.code == 130:  # typer's answer to Ctrl-C
            print("fairscan: stopped; the current release is as it was", file=sys.stderr)
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _deaf() -> int:
    """Nobody reads our output any more: let Python's own last flush go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
