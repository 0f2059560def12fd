"""The units that `schedule install` prints are what systemd, cron and GitHub expect."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from cronsim import CronSim

from catalog import units
from catalog.home import Home
from harvesters.registry import load_sources
from schemas.errors import UsageError

ODD = Home(Path('/srv/with space/100% "q" $HOME\\n'))
SOURCES = list(load_sources().values())


def _parsed(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return parser


def test_the_service_runs_the_installed_command_on_this_home() -> None:
    unit = units.systemd(Home(Path("/srv/fairscan")))
    parsed = _parsed(unit.text)
    assert parsed["Service"]["Environment"] == '"FAIRSCAN_HOME=/srv/fairscan"'
    program, *words = shlex.split(parsed["Service"]["ExecStart"])
    assert words == ["schedule", "run"]
    assert Path(program).is_absolute() and Path(program).is_file()
    assert parsed["Install"]["WantedBy"] == "default.target"
    assert unit.name.endswith(".service")


def test_a_home_of_any_name_survives_the_quotes_of_systemd() -> None:
    told = _parsed(units.systemd(ODD).text)["Service"]["Environment"]
    assert told == r'"FAIRSCAN_HOME=/srv/with space/100%% \"q\" $$HOME\\n"'


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze here: apt install systemd"
)
def test_systemd_finds_nothing_wrong_with_the_service(tmp_path: Path) -> None:
    unit = units.systemd(ODD)
    path = tmp_path / unit.name
    path.write_text(unit.text)
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", "--man=no", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert unit.name not in done.stderr


def _cron_line(home: Home) -> str:
    (line,) = [
        line for line in units.crontab(home, SOURCES).text.splitlines() if not line.startswith("#")
    ]
    return line


def test_the_line_for_cron_looks_every_quarter_of_an_hour() -> None:
    fields = _cron_line(Home(Path("/srv/fairscan"))).split()
    times = list(islice(CronSim(" ".join(fields[:5]), datetime(2026, 1, 1, tzinfo=UTC)), 9))
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(minutes=15)}
    assert fields[5:7] == ["env", "FAIRSCAN_HOME=/srv/fairscan"]
    assert Path(fields[7]).is_file() and fields[8:] == ["schedule", "run", "--once"]


def test_a_home_of_any_name_survives_cron_and_its_shell() -> None:
    command = _cron_line(ODD).split(maxsplit=5)[5]
    assert "%" not in command.replace(r"\%", "")
    home = shlex.split(command.replace(r"\%", "%"))[1]
    assert home == f"FAIRSCAN_HOME={ODD.root}"


def test_the_crontab_tells_when_each_source_is_due() -> None:
    text = units.crontab(Home(Path("/srv/fairscan")), SOURCES).text
    for source in SOURCES:
        assert f"{source.key}: {source.schedule}, up to {source.jitter_minutes} minutes" in text


@pytest.fixture
def workflow() -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(units.github_actions(SOURCES, "fairscan==1.0").text)
    return found


def test_the_workflow_runs_whenever_a_source_is_due_and_by_hand(workflow: dict[Any, Any]) -> None:
    on = workflow[True]  # YAML 1.1 reads "on" as true, and GitHub knows it
    crons = [entry["cron"] for entry in on["schedule"]]
    assert sorted(crons) == sorted({source.schedule for source in SOURCES})
    assert all(set(entry) == {"cron"} for entry in on["schedule"])
    assert "workflow_dispatch" in on
    assert set(workflow) == {"name", True, "permissions", "concurrency", "env", "jobs"}


def test_one_workflow_runs_at_a_time_and_keeps_its_home(workflow: dict[Any, Any]) -> None:
    assert workflow["concurrency"] == {"group": "fairscan-home", "cancel-in-progress": False}
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["env"] == {"FAIRSCAN_HOME": "${{ github.workspace }}/home"}
    (job,) = workflow["jobs"].values()
    assert set(job) == {"runs-on", "timeout-minutes", "steps"}
    used = [step.get("uses", "").partition("@")[0] for step in job["steps"]]
    assert used == [
        "actions/setup-python", "actions/cache/restore", "", "", "actions/cache/save",
        "actions/upload-artifact",
    ]  # fmt: skip
    restore, save = job["steps"][1]["with"], job["steps"][4]["with"]
    assert restore["path"] == save["path"] == "home" and restore["key"] == save["key"]
    assert restore["key"].startswith(restore["restore-keys"])
    runs = [shlex.split(step["run"]) for step in job["steps"] if "run" in step]
    assert runs[0][-1] == "fairscan==1.0"
    assert runs[1] == ["fairscan", "schedule", "run", "--once", "--no-jitter"]
    assert [step.get("if") for step in job["steps"][4:]] == ["always()", "always()"]


@pytest.mark.parametrize(
    ("schedule", "told"),
    [("* * * * *", "*/5 * * * *"), ("*/2 3 * * *", "*/5 * * * *"), ("*/5 * * * *", "*/5 * * * *"),
     ("0,1 4 * * 1", "*/5 * * * *"), ("0 4 29 2 *", "0 4 29 2 *")],
)  # fmt: skip
def test_github_is_not_asked_to_run_more_often_than_it_does(schedule: str, told: str) -> None:
    source = SOURCES[0].model_copy(update={"schedule": schedule})
    found = yaml.safe_load(units.github_actions([source], "fairscan").text)
    assert found[True]["schedule"] == [{"cron": told}]


@pytest.mark.parametrize(
    "package", ["fairscan @ git+https://example.org/fairscan", "./dist/fairscan-1.0.whl", "a b'c"]
)
def test_what_pip_installs_is_one_word(package: str) -> None:
    found = yaml.safe_load(units.github_actions(SOURCES, package).text)
    assert shlex.split(found["jobs"]["refresh"]["steps"][2]["run"])[-1] == package


@pytest.mark.parametrize("package", ["x\n      - run: rm", "${{ secrets.ALL }}", "a: b", "a # b"])
def test_what_would_change_the_workflow_is_refused(package: str) -> None:
    with pytest.raises(UsageError, match="not what pip could install"):
        units.github_actions(SOURCES, package)
