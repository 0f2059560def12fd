"""A source is refreshed when it is due: once, a little later, and not again and again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog import schedule
from catalog.home import Home, locked
from catalog.refresh import Refreshed, history
from catalog.schedule import delay, plans
from catalog.settings import Settings
from harvesters.registry import load_sources
from schemas.errors import ReleaseError, SourceError, UsageError
from schemas.source import Source

MONDAY = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""When a source of the expression "0 4 * * 1" is due."""
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


def _source(key: str = "live", **more: Any) -> Source:
    fields = {
        "key": key,
        "name": key,
        "kind": "idc" if key == "idc" else "dicomweb",
        "landing_url": "https://example.org",
        "publisher": "",
        "description": "",
        "status": "alive",
        "access": "open",
        "base_url": "http://127.0.0.1:1",
        "schedule": "0 4 * * 1",
        "jitter_minutes": 0,
    }
    return Source.model_validate({**fields, **more})


def _settings(*sources: Source, enabled: tuple[str, ...] = ()) -> Settings:
    return Settings({source.key: source for source in sources}, enabled=frozenset(enabled))


def _run(started: datetime, state: str = "ok", key: str = "live", **more: Any) -> dict[str, Any]:
    finished = started + timedelta(minutes=5)
    return {
        "source": key,
        "state": state,
        "started": started.isoformat(),
        "finished": finished.isoformat(),
        "requests": 3,
        **more,
    }


def _plan(runs: list[dict[str, Any]], moment: datetime, **more: Any) -> schedule.Plan:
    (plan,) = plans(_settings(_source(**more)), runs, moment)
    return plan


def test_a_source_that_never_ran_starts_for_the_last_time_it_was_due() -> None:
    plan = _plan([], MONDAY + 3 * DAY)
    assert (plan.due, plan.start, plan.overdue, plan.last) == (MONDAY, MONDAY, True, None)


def test_a_source_that_was_read_since_it_was_due_waits_for_the_next_time() -> None:
    plan = _plan([_run(MONDAY + HOUR)], MONDAY + 3 * DAY)
    assert (plan.due, plan.overdue, plan.state) == (MONDAY + WEEK, False, "ok")
    assert plan.last == MONDAY + HOUR + timedelta(minutes=5)


def test_many_missed_times_are_one_run() -> None:
    before = _run(MONDAY - 10 * WEEK)
    assert _plan([before], MONDAY + HOUR).due == MONDAY
    plan = _plan([before, _run(MONDAY + HOUR)], MONDAY + 2 * HOUR)
    assert (plan.due, plan.overdue) == (MONDAY + WEEK, False)


def test_at_the_very_second_it_is_due() -> None:
    assert _plan([_run(MONDAY - DAY)], MONDAY).due == MONDAY
    early = MONDAY - timedelta(microseconds=1)
    assert _plan([_run(MONDAY - DAY)], early).start == MONDAY
    assert not _plan([_run(MONDAY - DAY)], early).overdue


def test_the_delay_can_be_told_in_advance_and_is_spread_out() -> None:
    source = _source(jitter_minutes=30)
    delays = [delay(source, MONDAY + place * WEEK) for place in range(200)]
    assert delays == [delay(source, MONDAY + place * WEEK) for place in range(200)]
    assert timedelta() <= min(delays) < timedelta(minutes=3)
    assert timedelta(minutes=27) < max(delays) <= timedelta(minutes=30)
    assert delay(_source("other", jitter_minutes=30), MONDAY) != delays[0]
    assert delay(_source(jitter_minutes=0), MONDAY) == timedelta()


def test_a_source_starts_after_its_delay_or_at_once_if_no_delay_is_wanted() -> None:
    source = _source(jitter_minutes=60)
    (late,) = plans(_settings(source), [], MONDAY)
    (prompt,) = plans(_settings(source), [], MONDAY, jitter=False)
    assert late.start == MONDAY + delay(source, MONDAY) and not late.overdue
    assert prompt.start == MONDAY and prompt.overdue


@pytest.mark.parametrize("state", ["failed", "held"])
def test_a_source_that_is_not_read_is_tried_again_less_and_less_often(state: str) -> None:
    runs: list[dict[str, Any]] = []
    moment, pauses = MONDAY, []
    for _ in range(8):
        start = _plan(runs, moment).start
        assert start is not None
        moment = max(moment, start)
        runs.append(_run(moment, state))
        ended = datetime.fromisoformat(runs[-1]["finished"])
        start = _plan(runs, ended).start
        assert start is not None
        pauses.append((start - ended) / HOUR)
    assert pauses == [1, 2, 4, 8, 16, 24, 24, 24]


def test_a_new_time_begins_anew_whatever_failed_before() -> None:
    runs = [_run(MONDAY + HOUR * place, "failed") for place in range(9)]
    plan = _plan(runs, MONDAY + WEEK)
    assert (plan.start, plan.tries, plan.overdue) == (MONDAY + WEEK, 0, True)


def test_a_refresh_by_hand_after_failures_counts() -> None:
    runs = [_run(MONDAY, "failed"), _run(MONDAY + HOUR, "unchanged")]
    assert _plan(runs, MONDAY + 2 * HOUR).due == MONDAY + WEEK


def test_a_run_that_asked_nobody_counts_only_for_what_lies_here() -> None:
    offline = {"state": "unchanged", "requests": 0}
    assert _plan([_run(MONDAY, **offline)], MONDAY + HOUR).due == MONDAY
    local = _run(MONDAY, key="idc", **offline)
    assert _plan([local], MONDAY + HOUR, key="idc").due == MONDAY + WEEK


def test_a_source_that_wishes_to_be_named_is_not_read_by_itself_unless_enabled() -> None:
    shy = _source(opt_in=True)
    (plan,) = plans(_settings(shy), [], MONDAY + DAY)
    assert plan.start is None and not plan.overdue and plan.why is not None
    (plan,) = plans(_settings(shy, enabled=("live",)), [], MONDAY + DAY)
    assert plan.start == MONDAY


def test_offline_only_what_lies_here_starts_and_what_does_not_start_comes_last() -> None:
    settings = _settings(_source("a"), _source("idc"), _source("b"))
    found = plans(settings, [], MONDAY + DAY, offline=True)
    assert [plan.source for plan in found] == ["idc", "a", "b"]
    assert [plan.why for plan in found] == [None, "offline", "offline"]


class _EndError(Exception):
    """The clock has run out."""


@dataclass
class _Clock:
    """A clock that passes time at once, and ends the loop at `end`."""

    moment: datetime
    end: datetime
    slept: list[float] = field(default_factory=list)
    on_sleep: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        assert 0 < seconds <= 60
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)
        self.on_sleep()
        if self.moment >= self.end:
            raise _EndError


@dataclass
class _Loop:
    """The loop over a fake clock, with a refresh that only writes the history."""

    place: Home
    clock: _Clock
    settings: Settings
    states: dict[str, list[Any]] = field(default_factory=dict)
    ran: list[tuple[str, datetime]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def refresh(self, place: Home, keys: list[str], say: Any, **_: Any) -> Refreshed:
        assert callable(say)
        (key,) = keys
        self.ran.append((key, self.clock.moment))
        told = (self.states.get(key) or ["ok"]).pop(0)
        if isinstance(told, Exception):
            raise told
        run = _run(
            self.clock.moment, key=key, **(told if isinstance(told, dict) else {"state": told})
        )
        self.clock.moment += timedelta(minutes=5)
        with place.runs.open("a") as file:
            file.write(json.dumps(run) + "\n")
        return Refreshed([run], None)

    def run(self, **more: Any) -> list[Refreshed]:
        try:
            return schedule.run(
                self.place, lambda: self.settings, self.said.append, self.clock, **more
            )
        except _EndError:
            return []


@pytest.fixture
def loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Loop:
    """A loop that begins a day before the source "live" is due, for ten days."""
    clock = _Clock(MONDAY - DAY, MONDAY + 9 * DAY)
    made = _Loop(Home(tmp_path), clock, _settings(_source()))
    made.place.runs.write_text(json.dumps(_run(MONDAY - 2 * DAY)) + "\n")
    monkeypatch.setattr(schedule, "refresh", made.refresh)
    return made


def test_the_loop_runs_a_source_each_time_it_is_due_and_says_a_line(loop: _Loop) -> None:
    loop.run()
    assert loop.ran == [("live", MONDAY), ("live", MONDAY + WEEK)]
    assert loop.said == [
        "watching 1 sources",
        "next: live at 2026-03-02 04:00 UTC",
        "live: ok; next at 2026-03-09 04:00 UTC",
        "next: live at 2026-03-09 04:00 UTC",
        "live: ok; next at 2026-03-16 04:00 UTC",
        "next: live at 2026-03-16 04:00 UTC",
    ]


def test_sources_that_are_due_together_run_one_after_the_other(loop: _Loop) -> None:
    loop.settings = _settings(_source(), _source("second"), _source("third"))
    loop.clock.end = MONDAY + HOUR
    loop.run()
    five = timedelta(minutes=5)
    assert loop.ran == [
        ("second", MONDAY - DAY), ("third", MONDAY - DAY + five),
        ("live", MONDAY), ("second", MONDAY + five), ("third", MONDAY + 2 * five),
    ]  # fmt: skip


def test_a_loop_that_slept_for_weeks_catches_up_once(loop: _Loop) -> None:
    loop.clock.moment = MONDAY + 5 * WEEK + HOUR
    loop.clock.end = MONDAY + 6 * WEEK
    loop.run()
    assert [key for key, _ in loop.ran] == ["live"]


def test_the_loop_tries_a_failing_source_less_and_less_often(loop: _Loop) -> None:
    loop.states["live"] = ["failed", "held", "failed", "ok"]
    loop.clock.end = MONDAY + DAY
    loop.run()
    assert [(moment - MONDAY) / timedelta(minutes=5) for _, moment in loop.ran] == [0, 13, 38, 87]


def test_answers_that_were_all_kept_are_a_reading_too(loop: _Loop) -> None:
    loop.states["live"] = [{"state": "unchanged", "requests": 0}]
    loop.clock.end = MONDAY + 3 * DAY
    loop.run()
    assert len(loop.ran) == 1


def test_a_home_that_cannot_be_written_is_tried_again_and_not_given_up(loop: _Loop) -> None:
    loop.states["live"] = [ReleaseError("the disk is full"), "ok"]
    loop.clock.end = MONDAY + DAY
    loop.run()
    assert [moment for _, moment in loop.ran] == [MONDAY, MONDAY + HOUR]
    assert "live: failed: the disk is full" in loop.said


def test_settings_that_change_are_noticed_and_those_that_break_are_left_as_they_were(
    loop: _Loop,
) -> None:
    def change() -> None:
        if loop.clock.moment == MONDAY - DAY / 2:
            loop.settings = _settings(_source(schedule="0 20 * * 0"))

    loop.clock.on_sleep = change
    loop.clock.end = MONDAY
    loop.run()
    assert [moment for _, moment in loop.ran] == [MONDAY - 8 * HOUR]
    broken = UsageError("not TOML")
    asked: list[int] = []

    def settings() -> Settings:
        asked.append(1)
        if len(asked) > 2:
            raise broken
        return _settings(_source())

    loop.clock.end += DAY
    with pytest.raises(_EndError):
        schedule.run(loop.place, settings, loop.said.append, loop.clock)
    assert loop.said.count("settings are left as they were: not TOML") >= 1
    assert loop.ran[-1] == ("live", MONDAY)


def test_once_runs_each_source_that_starts_now_and_no_source_twice(loop: _Loop) -> None:
    loop.settings = _settings(_source(), _source("second"), _source("third", jitter_minutes=600))
    loop.clock.moment = MONDAY
    loop.states = {"live": ["failed"], "second": ["ok"]}
    done = loop.run(once=True)
    assert [key for key, _ in loop.ran] == ["live", "second"]
    assert [result.state for result in done] == ["failed", "ok"] and loop.clock.slept == []


def test_once_does_not_hide_that_the_home_cannot_be_written(loop: _Loop) -> None:
    loop.clock.moment = MONDAY
    loop.states["live"] = [ReleaseError("the disk is full")]
    with pytest.raises(ReleaseError, match="the disk is full"):
        loop.run(once=True)


def test_a_loop_without_a_source_waits_for_one(loop: _Loop) -> None:
    loop.settings = _settings(_source(opt_in=True))
    loop.clock.end = MONDAY - 23 * HOUR
    loop.run()
    assert loop.ran == [] and len(loop.clock.slept) == 60
    assert [line for line in loop.said if line.startswith("no source")] == [loop.said[-1]]


def test_another_process_at_work_is_waited_for_and_said_once(
    tmp_path: Path, small_index: Path
) -> None:
    place = Home(tmp_path / "home")
    idc = load_sources()["idc"].model_copy(update={"base_url": str(small_index)})
    clock = _Clock(datetime.now(UTC), datetime.now(UTC) + HOUR)
    said: list[str] = []
    holding = locked(place, "test")
    holding.__enter__()

    def release() -> None:
        if len(clock.slept) == 3:
            holding.__exit__(None, None, None)

    clock.on_sleep = release
    done = schedule.run(place, lambda: _settings(idc), said.append, clock, once=True, jitter=False)
    assert clock.slept == [15, 15, 15]
    waits = [line for line in said if "waits" in line]
    assert len(waits) == 1 and waits[0].startswith(
        "idc waits: another fairscan is at work: process"
    )
    assert [result.state for result in done] == ["ok"]
    assert [run["state"] for run in history(place)] == ["ok"]
    assert re.fullmatch(r"idc: ok; next at \d{4}-\d\d-\d\d \d\d:\d\d UTC", said[-1])


@pytest.mark.parametrize(
    "expression",
    ["", "often", "0 4 * *", "0 0 4 * * 1", "61 4 * * 1", "0 4 * * 8", "0 4 30 2 *", "0 4 L * *",
     "0 4 * * 1#2", "@daily", "*/0 * * * *"],
)  # fmt: skip
def test_a_source_file_with_a_bad_schedule_is_named(expression: str, tmp_path: Path) -> None:
    good = (Path(schedule.__file__).parents[1] / "harvesters/sources/idc.toml").read_text()
    bad = re.sub(r'schedule = ".*"', f'schedule = "{expression}"', good)
    (tmp_path / "spoiled.toml").write_text(bad)
    with pytest.raises(SourceError) as told:
        load_sources(tmp_path)
    assert "spoiled.toml" in str(told.value) and "cron" in str(told.value)
