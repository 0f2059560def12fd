"""The `fairscan` command: one module a command group, errors in one line, heavy imports late."""

from __future__ import annotations

import os
import sys

import typer

from catalog.cli import ask, keep, look, show
from schemas.errors import FairscanError, QueryError, UsageError

app = typer.Typer(
    name="fairscan",
    help="The FAIR catalogue of public medical scans: harvest, check, publish, search, select.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _group in (keep, look, ask, show):
    _group.register(app)


@app.callback()
def _settings(
    home: str | None = typer.Option(
        None, "--home", metavar="DIR", help="Where fairscan keeps its data [FAIRSCAN_HOME]."
    ),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    if home:
        os.environ["FAIRSCAN_HOME"] = home
    if debug:
        os.environ["FAIRSCAN_DEBUG"] = "1"


def main() -> None:
    """Run the command. Exit 0 done, 1 failed, 2 wrong usage, 3 done with held or failed sources."""
    try:
        app()
    except FairscanError as error:
        if os.environ.get("FAIRSCAN_DEBUG"):
            raise
        print(f"fairscan: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, UsageError | QueryError) else 1)
    except SystemExit as ended:
        if ended.code == 130:  # typer's answer to Ctrl-C
            print("fairscan: stopped; the current release is as it was", file=sys.stderr)
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
