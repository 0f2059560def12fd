"""The `fairscan` command run in processes of its own: to its end, or as something to talk to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.nursery import Nursery

LIMIT = 120.0
"""Seconds after which a command that hangs is ended; no test asserts on time."""


@dataclass(frozen=True)
class Running:
    """A command at work; progress is read from `stderr` line by line."""

    process: subprocess.Popen[str]
    stdout: IO[str]
    stderr: IO[str]

    def until(self, beginning: str) -> str:
        """Read progress up to the line that begins so, and return that line."""
        seen = []
        for line in self.stderr:
            if line.startswith(beginning):
                return line
            seen.append(line)
        raise AssertionError(f"it never said {beginning!r}: {seen}")


@dataclass(frozen=True)
class Fairscan:
    """The console script, run in a working folder of its own without the caller's settings.

    It asks no repository unless `env` says so: FAIRSCAN_OFFLINE is "1". What runs to its end with
    no word on how is a fork of the nursery's; everything else is the script itself.
    """

    script: Path
    folder: Path
    nursery: Nursery

    def __call__(
        self, *arguments: str | Path, home: Path, env: dict[str, str] | None = None, **more: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end; `more` goes to `subprocess.run`."""
        if not more:
            told = [str(argument) for argument in arguments]
            return self.nursery.run(told, self.folder, self._environment(home, env), LIMIT)
        settings = {"capture_output": True, "text": True, "timeout": LIMIT, **more}
        return subprocess.run(
            [str(self.script), *map(str, arguments)],
            cwd=self.folder,
            env=self._environment(home, env),
            check=False,
            **settings,
        )

    @contextmanager
    def running(
        self, *arguments: str | Path, home: Path, env: dict[str, str] | None = None
    ) -> Iterator[Running]:
        """Start it, to be talked to; on leaving it is waited for, or killed if the test failed."""
        with subprocess.Popen(
            [str(self.script), *map(str, arguments)],
            cwd=self.folder,
            env=self._environment(home, env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_heed_ctrl_c,
        ) as process:
            assert process.stdout is not None and process.stderr is not None
            try:
                yield Running(process, process.stdout, process.stderr)
            except BaseException:
                process.kill()
                raise

    def json(self, *arguments: str | Path, home: Path) -> Any:
        """What it prints with `--json`, once it has ended with 0."""
        done = self(*arguments, "--json", home=home)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refuses(self, *arguments: str | Path, home: Path, code: int, **more: Any) -> str:
        """The one line in which it refuses; fails unless it is one, with that exit code."""
        done = self(*arguments, home=home, **more)
        assert done.returncode == code, (done.returncode, done.stderr)
        return one_line(done.stderr)

    def _environment(self, home: Path, more: dict[str, str] | None) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("FAIRSCAN_")}
        return {**inherited, "FAIRSCAN_HOME": str(home), "FAIRSCAN_OFFLINE": "1", **(more or {})}


def _heed_ctrl_c() -> None:
    """As in a terminal: what a shell runs in the background ignores SIGINT, and so would we."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def one_line(stderr: str) -> str:
    """The error that `stderr` ends with, which must be one line of ours and no traceback."""
    lines = [line for line in stderr.splitlines() if line.startswith("fairscan: ")]
    assert len(lines) == 1, stderr
    assert stderr.splitlines()[-1] == lines[0], stderr
    assert "Traceback" not in stderr
    return lines[0].removeprefix("fairscan: ")
