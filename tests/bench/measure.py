"""Runs one process and measures it alone: wall and CPU seconds, peak memory, when it said what.

Linux counts the memory of the process that starts another in the peak of that other, so nothing
heavy is imported here: DuckDB and the like are used in processes of their own.
"""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import FairscanError

ROOT = Path(__file__).parents[2]
FAIRSCAN = Path(sysconfig.get_path("scripts")) / "fairscan"
LIMIT = 1800.0
"""Seconds after which a process that hangs is ended."""

_DEVELOPERS = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "FAIRSCAN_DEBUG")
"""Variables of a developer's shell that would change what a user of the command sees."""


class BenchError(FairscanError):
    """A process that was to be measured did not do its work."""


@dataclass(frozen=True, slots=True)
class Run:
    """One process, measured. Times in seconds; `peak` is its largest resident size in bytes.

    `said`: each line of its stderr, with the second after its start at which it came.
    """

    wall: float
    cpu: float
    peak: int
    stdout: str
    said: tuple[tuple[float, str], ...]


def fairscan(*arguments: str | Path, home: Path) -> Run:
    """Run the `fairscan` command as a user does, but for asking no repository."""
    env = {"FAIRSCAN_HOME": str(home), "FAIRSCAN_OFFLINE": "1"}
    return run([FAIRSCAN, *arguments], env=env)


def module(name: str, *arguments: str | Path) -> Run:
    """Run a module of this folder in a process of its own."""
    return run([sys.executable, "-m", f"tests.bench.{name}", *arguments], cwd=ROOT)


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Run:
    """Run a command to its end.

    Raises:
        BenchError: if it does not end with 0; carries its last words.
    """
    words = [str(word) for word in command]
    with tempfile.TemporaryFile() as printed:
        started = time.perf_counter()
        process = start(words, env=env, cwd=cwd, stdout=printed.fileno())
        timer = threading.Timer(LIMIT, process.kill)
        timer.start()
        try:
            assert process.stderr is not None
            said = [(time.perf_counter() - started, line.rstrip()) for line in process.stderr]
            cpu, peak = finish(process)
            wall = time.perf_counter() - started
        except BaseException:
            process.kill()
            raise
        finally:
            timer.cancel()
        printed.seek(0)
        stdout = printed.read().decode()
    if process.returncode != 0:
        raise BenchError(
            f"ended with {process.returncode}: {' / '.join(line for _, line in said[-3:])}",
            where=" ".join(words)[:200],
        )
    return Run(wall, cpu, peak, stdout, tuple(said))


def start(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdout: int = subprocess.DEVNULL,
) -> subprocess.Popen[str]:
    """Start a command in a folder where no settings lie, and leave it running."""
    inherited = {name: value for name, value in os.environ.items() if name not in _DEVELOPERS}
    return subprocess.Popen(
        [str(word) for word in command],
        env={**inherited, **(env or {})},
        cwd=cwd or tempfile.gettempdir(),
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[float, int]:
    """Wait for the end of a process; its CPU seconds and its peak resident size in bytes."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    if process.stderr is not None:
        process.stderr.close()
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit


def median(values: Iterable[float]) -> float:
    """The middle of the values."""
    return statistics.median(values)


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
