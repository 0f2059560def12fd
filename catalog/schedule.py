"""When each source is due, and the loop that refreshes what is, one source at a time.

A source is due at each time of its cron expression (UTC). It starts a little later, by a delay
that is derived from its key and that time: spread out, and the same whoever works it out. What was
missed, however often, is caught up with one run. A source that was not read is tried again after
an hour, then two, four, … up to a day, until it is due anew.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from cronsim import CronSim

from catalog.home import Home, now
from catalog.refresh import Refreshed, history, refresh
from catalog.report import in_words, report
from catalog.settings import Settings
from harvesters.base import harvester_for
from schemas.errors import BusyError, FairscanError, ReleaseError
from schemas.source import Source

AGAIN = timedelta(hours=1)
"""After this time a source that could not be read is tried again; then after twice that."""
LONGEST = timedelta(days=1)
NAP = timedelta(minutes=1)
"""Sleep at most this long, so that changed settings and a moved clock are noticed."""
BUSY = timedelta(seconds=15)
"""Look again after this time whether another process is done."""
_READ = frozenset({"ok", "unchanged"})
_NOT_READ = frozenset({"held", "failed"})

Say = Callable[[str], None]
Run = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """When a source is due and starts next (UTC).

    last, state: when its last run ended, and how; None if it never ran. due: the time of its cron
    expression that it is to run for. start: when it will, None if it is not read by itself (`why`).
    overdue: its start has passed. tries: runs for this time that did not read it.
    """

    source: str
    schedule: str
    jitter_minutes: int
    last: datetime | None
    state: str | None
    due: datetime
    start: datetime | None
    overdue: bool
    tries: int
    why: str | None = None


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """The present time (UTC)."""
        return now()

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        time.sleep(seconds)


class Clock(Protocol):
    """What tells the time and passes it."""

    def now(self) -> datetime:
        """The present time (UTC)."""

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""


def delay(source: Source, due: datetime) -> timedelta:
    """How long after `due` the source starts: 0 to its `jitter_minutes`, by whole seconds."""
    told = f"{source.key} {due.isoformat()}".encode()
    number = int.from_bytes(hashlib.sha256(told).digest()[:8], "big")
    return timedelta(seconds=number % (source.jitter_minutes * 60 + 1))


def plans(
    settings: Settings,
    runs: Iterable[Run],
    moment: datetime,
    *,
    offline: bool = False,
    jitter: bool = True,
) -> list[Plan]:
    """A plan for each source, those that start first coming first, the others last.

    runs: the history, oldest first. offline: only what is read without asking anybody starts.
    """
    by_source: dict[str, list[Run]] = {}
    for run in runs:
        by_source.setdefault(run["source"], []).append(run)
    found = [
        _plan(source, by_source.get(key, []), moment, jitter, _why_not(settings, source, offline))
        for key, source in settings.sources.items()
        if not source.alias_of
    ]
    return sorted(found, key=lambda plan: (plan.start is None, plan.start or moment, plan.source))


def run(
    place: Home,
    settings: Callable[[], Settings],
    say: Say,
    clock: Clock,
    *,
    once: bool = False,
    offline: bool = False,
    jitter: bool = True,
) -> list[Refreshed]:
    """Refresh each source when it starts, for ever; with `once`, what is to start now.

    Returns what was done; `settings` is asked again before each look at the plans.

    Raises:
        ReleaseError: with `once`, if the home cannot be written.
    """
    worker = _Worker(place, settings, say, clock, once, offline, jitter)
    if not once:
        say(f"watching {len(settings().sources)} sources")
    while True:
        plan = worker.next()
        wait = (plan.start - clock.now()).total_seconds() if plan and plan.start else None
        if plan is not None and wait is not None and wait <= 0:
            worker.refresh(plan)
        elif once:
            return worker.done
        else:
            worker.announce(plan)
            clock.sleep(min(wait or NAP.total_seconds(), NAP.total_seconds()))


class _Worker:
    """Remembers between two looks what the history does not tell."""

    def __init__(
        self,
        place: Home,
        settings: Callable[[], Settings],
        say: Say,
        clock: Clock,
        once: bool,
        offline: bool,
        jitter: bool,
    ) -> None:
        self._place, self._ask, self._say, self._clock = place, settings, say, clock
        self._once, self._offline, self._jitter = once, offline, jitter
        self._settings = settings()
        self._own: list[Run] = []
        self._told = ""
        self.done: list[Refreshed] = []

    def next(self) -> Plan | None:
        """What starts first; None if nothing ever does."""
        try:
            self._settings = self._ask()
        except FairscanError as error:
            self._tell_once(f"settings are left as they were: {error}")
        return next((plan for plan in self._plans() if plan.start is not None), None)

    def refresh(self, plan: Plan) -> None:
        """Refresh one source; if another process is at work, wait for it."""
        own: Run = {"source": plan.source, "started": self._clock.now().isoformat()}
        try:
            result = refresh(
                self._place,
                [plan.source],
                self._say,
                settings=self._settings,
                offline=self._offline,
            )
        except BusyError as error:
            self._tell_once(f"{plan.source} waits: {error.what}")
            self._clock.sleep(BUSY.total_seconds())
            return
        except ReleaseError as error:
            if self._once:
                raise
            self._say(f"{plan.source}: failed: {error}")
            state = "failed"  # the home could not be written, so no history tells of it
            self._own.append({**own, "finished": self._clock.now().isoformat(), "state": state})
        else:
            if self._once:
                self.done.append(result)
            for line in in_words(report(self._place, result)):
                if line.startswith(" "):  # the names; the state is said below
                    self._say(line)
            state = result.runs[0]["state"]
            if state not in _NOT_READ:  # a kept answer is no request, so history may not tell
                finished = self._clock.now().isoformat()
                self._own = [run for run in self._own if run["source"] != plan.source]
                self._own.append({**own, "finished": finished, "state": "ok", "asked": True})
        after = next((p for p in self._plans() if p.source == plan.source), None)
        told = f"; next at {_minute(after.start)}" if after and after.start else ""
        self._say(f"{plan.source}: {state}{told}")

    def announce(self, plan: Plan | None) -> None:
        """Say what comes next, if that was not said before."""
        if plan is None or plan.start is None:
            self._tell_once("no source is read by itself; waiting for settings that change that")
        else:
            self._tell_once(f"next: {plan.source} at {_minute(plan.start)}")

    def _plans(self) -> list[Plan]:
        return plans(
            self._settings,
            [*history(self._place), *self._own],
            self._clock.now(),
            offline=self._offline,
            jitter=self._jitter,
        )

    def _tell_once(self, message: str) -> None:
        if message != self._told:
            self._told = message
            self._say(message)


def _plan(source: Source, runs: list[Run], moment: datetime, jitter: bool, why: str | None) -> Plan:
    runs = [
        run for run in runs if datetime.fromisoformat(run["started"]) <= moment
    ]  # a clock erred
    last = max(runs, key=lambda run: run["finished"], default=None)
    second = moment.replace(microsecond=0) + timedelta(seconds=1)
    due: datetime = next(CronSim(source.schedule, second, reverse=True))
    since = [run for run in runs if datetime.fromisoformat(run["started"]) >= due]
    local = why is None and _is_local(source)
    if any(run["state"] in _READ and _asked(run, local) for run in since):
        due, since = next(CronSim(source.schedule, moment)), []
    start = due + (delay(source, due) if jitter else timedelta())
    tries = [run for run in since if run["state"] in _NOT_READ]
    if tries:
        ended = max(datetime.fromisoformat(run["finished"]) for run in tries)
        start = max(start, ended + min(AGAIN * 2 ** (min(len(tries), 9) - 1), LONGEST))
    return Plan(
        source=source.key,
        schedule=source.schedule,
        jitter_minutes=source.jitter_minutes,
        last=datetime.fromisoformat(last["finished"]) if last else None,
        state=last["state"] if last else None,
        due=due,
        start=None if why else start,
        overdue=why is None and start <= moment,
        tries=len(tries),
        why=why,
    )


def _asked(run: Run, local: bool) -> bool:
    """Whether a run read the repository itself: one that was offline asked for nothing."""
    return local or bool(run.get("asked")) or run.get("requests", 0) > 0


def _is_local(source: Source) -> bool:
    try:
        return harvester_for(source).local
    except FairscanError:
        return False


def _why_not(settings: Settings, source: Source, offline: bool) -> str | None:
    """Why a source is not read by itself, or None if it is."""
    if source.opt_in and source.key not in settings.enabled:
        return "read live only if enabled in fairscan.toml"
    if offline and not _is_local(source):
        return "offline"
    return None


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
