"""Commands that refresh the sources when they are due: schedule list, run, install."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from catalog.cli import output
from catalog.cli.keep import OFFLINE, SET
from catalog.cli.options import JSON
from schemas.errors import UsageError

if TYPE_CHECKING:
    from catalog.units import Unit

TO = typer.Option(
    None, "--to", metavar="PATH", help="Write it there: a file, or a folder that is there."
)
NO_JITTER = typer.Option(False, "--no-jitter", help="Start each source when it is due, no later.")


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(help="Refresh each source when it is due.", no_args_is_help=True)
    group.command("list")(list_plans)
    group.command("run")(run)
    group.command("install")(install)
    app.add_typer(group, name="schedule")


def list_plans(
    no_jitter: bool = NO_JITTER,
    offline: bool = OFFLINE,
    changed: list[str] = SET,
    json: bool = JSON,
) -> None:
    """When each source was last read, is due and will start (UTC)."""
    from catalog.home import home, now
    from catalog.refresh import history
    from catalog.schedule import plans
    from catalog.settings import settings

    found = plans(settings(changed), history(home()), now(), offline=offline, jitter=not no_jitter)
    if json:
        output.as_json([dataclasses.asdict(plan) for plan in found])
        return
    output.table(
        [
            [p.source, p.schedule, _minute(p.last), p.state, _minute(p.due), _minute(p.start),
             p.why or ("overdue" if p.overdue else f"tried {p.tries}x" if p.tries else "")]
            for p in found
        ],
        ["source", "cron (UTC)", "last run", "", "due", "starts", ""],
        whole=["source", "cron (UTC)"],
    )  # fmt: skip


def run(
    once: bool = typer.Option(False, "--once", help="Refresh what is to start now, then end."),
    no_jitter: bool = NO_JITTER,
    offline: bool = OFFLINE,
    changed: list[str] = SET,
) -> None:
    """Refresh each source when it is due, until stopped; what was missed is caught up once."""
    import signal

    from catalog.home import home
    from catalog.schedule import SystemClock
    from catalog.schedule import run as work
    from catalog.settings import settings

    asked_to_end = False

    def end(*_: Any) -> None:
        nonlocal asked_to_end
        asked_to_end = True
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        done = work(
            home(), lambda: settings(changed), output.say, SystemClock(),
            once=once, offline=offline, jitter=not no_jitter,
        )  # fmt: skip
    except KeyboardInterrupt:
        if not asked_to_end:
            raise
        output.say("ended; the current release is as it was")
        return
    finally:
        signal.signal(signal.SIGTERM, before)
    states = {result.state for result in done}
    if states - {"ok"}:
        raise typer.Exit(1 if states == {"failed"} else 3)


def install(
    systemd: bool = typer.Option(False, "--systemd", help="A user service that runs the loop."),
    cron: bool = typer.Option(False, "--cron", help="A line for a crontab."),
    github_actions: bool = typer.Option(
        False, "--github-actions", help="A workflow for a repository on GitHub."
    ),
    to: Path = TO,
    package: str = typer.Option(
        None, "--package", metavar="SPEC", help="What pip installs in the workflow."
    ),
    json: bool = JSON,
) -> None:
    """Print a ready unit that keeps the catalogue fresh, or write it with --to."""
    from catalog import units
    from catalog.home import home
    from catalog.settings import settings

    if systemd + cron + github_actions != 1:
        raise UsageError("name one of --systemd, --cron, --github-actions")
    found = settings()
    sources = [s for s in found.sources.values() if not s.opt_in or s.key in found.enabled]
    if systemd:
        unit = units.systemd(home())
    elif cron:
        unit = units.crontab(home(), sources)
    else:
        unit = units.github_actions(sources, package or _this_version())
    path = _written(unit, to) if to else None
    if json:
        output.as_json({**dataclasses.asdict(unit), "path": path})
        return
    if path is None:
        print(unit.text, end="")
    else:
        print(path)
    for line in unit.then:
        output.say(f"then: {line}")


def _written(unit: Unit, to: Path) -> Path:
    from catalog.home import write_whole

    path = (to / unit.name if to.is_dir() else to).absolute()
    if not path.parent.is_dir():
        raise UsageError("no such folder", where=str(path.parent), do="Make it, or name another")
    write_whole(path, unit.text)
    return path


def _this_version() -> str:
    from importlib.metadata import version

    return f"fairscan=={version('fairscan')}"


def _minute(moment: Any) -> str | None:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else None
