"""Ready units that keep the catalogue fresh: for systemd, for cron, for GitHub Actions.

Each runs `fairscan schedule run`, which knows when a source is due, catches up what was missed and
lets one refresh run at a time; the units only see to it that it runs.
"""

from __future__ import annotations

import shlex
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

from cronsim import CronSim

from catalog.home import VARIABLE, Home
from schemas.errors import UsageError
from schemas.source import Source

EVERY = "*/15 * * * *"
"""How often cron looks whether a source starts."""
SHORTEST = timedelta(minutes=5)
"""GitHub runs a scheduled workflow no more often than this."""
TICKS = 400


@dataclass(frozen=True, slots=True)
class Unit:
    """A file: its usual name, its text, and what to do with it (commands, or a sentence)."""

    name: str
    text: str
    then: list[str]


def command() -> str:
    """The absolute path of the `fairscan` that is running.

    Raises:
        UsageError: if it is not installed as a command.
    """
    for path in (Path(sys.argv[0]), Path(sysconfig.get_path("scripts")) / "fairscan"):
        if path.name == "fairscan" and path.is_file():
            return str(path.absolute())
    raise UsageError("fairscan is not installed as a command", do="Run: uv tool install .")


def systemd(place: Home) -> Unit:
    """A user service that runs the loop (systemd.service(5))."""
    name = "fairscan-schedule.service"
    home, program = _for_systemd(f"{VARIABLE}={place.root}"), _for_systemd(command())
    text = f"""[Unit]
Description=fairscan: refresh the catalogue of public medical scans when its sources are due

[Service]
Environment={home}
ExecStart={program} schedule run
Restart=on-failure
RestartSec=300
TimeoutStopSec=120
Nice=10

[Install]
WantedBy=default.target
"""
    return Unit(
        name,
        text,
        [
            f"put it at ~/.config/systemd/user/{name}",
            "systemctl --user daemon-reload",
            f"systemctl --user enable --now {name}",
            "loginctl enable-linger  # so that it runs while you are logged out",
        ],
    )


def crontab(place: Home, sources: Iterable[Source]) -> Unit:
    """One line of a crontab (crontab(5)), with the times of the sources as comments.

    One line for all, not one a source: cron knows neither UTC nor a delay, and would start a
    source while another is read.
    """
    program = " ".join(
        shlex.quote(word) for word in ("env", f"{VARIABLE}={place.root}", command())
    ).replace("%", r"\%")
    due = "\n".join(
        f"#   {source.key}: {source.schedule}, up to {source.jitter_minutes} minutes later"
        for source in sources
    )
    text = f"""# fairscan: every quarter of an hour, refresh what is due. Sources are due at (UTC):
{due}
{EVERY} {program} schedule run --once
"""
    return Unit("fairscan.crontab", text, ["add it to what `crontab -l` prints, with `crontab -e`"])


def github_actions(sources: Iterable[Source], package: str) -> Unit:
    """A workflow with every time at which a source is due; `package` is what pip installs.

    The home is kept between runs in the cache, and each release is an artefact. GitHub starts
    scheduled workflows late by itself, so no delay is added.
    """
    times = dict.fromkeys(_no_shorter(source.schedule) for source in sources)
    crons = "\n".join(f'    - cron: "{schedule}"' for schedule in times)
    text = f"""name: Refresh the catalogue
on:
  schedule:  # UTC
{crons}
  workflow_dispatch:
permissions:
  contents: read
concurrency:
  group: fairscan-home
  cancel-in-progress: false
env:
  {VARIABLE}: ${{{{ github.workspace }}}}/home
jobs:
  refresh:
    runs-on: ubuntu-latest
    timeout-minutes: 330
    steps:
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - uses: actions/cache/restore@v4
        with:
          path: home
          key: fairscan-home-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}
          restore-keys: fairscan-home-
      - run: python -m pip install {_for_yaml(package)}
      - run: fairscan schedule run --once --no-jitter
      - uses: actions/cache/save@v4
        if: always()
        with:
          path: home
          key: fairscan-home-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: release
          path: home/current/
          if-no-files-found: warn
"""
    return Unit("fairscan.yml", text, ["put it at .github/workflows/fairscan.yml and push it"])


def _for_systemd(text: str) -> str:
    """A word as systemd.syntax(7) quotes it: no specifier, no variable, no end of the word."""
    for mark, escaped in (("\\", r"\\"), ('"', r"\""), ("%", "%%"), ("$", "$$")):
        text = text.replace(mark, escaped)
    return f'"{text}"'


def _for_yaml(package: str) -> str:
    """A requirement as one word of the shell, inside a plain scalar of YAML."""
    if any(mark in package for mark in "\n\r#{}") or ": " in package:
        raise UsageError(f"not what pip could install: {package!r}")
    return shlex.quote(package)


def _no_shorter(schedule: str) -> str:
    """`schedule`, or every five minutes if it is due more often than GitHub runs a workflow."""
    times = islice(CronSim(schedule, datetime(2026, 1, 1, tzinfo=UTC)), TICKS)
    shortest = min(later - earlier for earlier, later in pairwise(times))
    return schedule if shortest >= SHORTEST else "*/5 * * * *"
