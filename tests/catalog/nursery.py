"""Runs `fairscan` in forks of a process that has its imports done, so that many can be killed.

As a script it is that process: it reads one job a line and forks. As a module it is the way to it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

STEPS = ("os.rename", "os.symlink", "shutil.rmtree")
"""Audit events of what a refresh does to its home on disk."""


class Nursery:
    """Starts commands one after the other."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def start(self, home: Path, *arguments: str, die_at: int = 0) -> Child:
        """Start a command; it kills itself before the `die_at`th change to its home, if not 0."""
        log = home.parent / f"{home.name}.log"
        log.unlink(missing_ok=True)
        os.mkfifo(log)
        self._tell({"home": str(home), "arguments": arguments, "die_at": die_at, "log": str(log)})
        return Child(int(self._hear()), log, self)

    def ended(self) -> int:
        """Wait for the running command: its exit code, or minus the signal that ended it."""
        self._tell({})
        return int(self._hear())

    def close(self) -> None:
        """End it."""
        self._process.communicate()

    def _tell(self, job: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


class Child:
    """One running command, whose progress is read line by line."""

    def __init__(self, pid: int, log: Path, nursery: Nursery) -> None:
        self.pid = pid
        self.lines = log.open(encoding="utf-8")
        self._nursery = nursery

    def kill(self) -> None:
        """SIGKILL: nothing of its own runs any more."""
        os.kill(self.pid, signal.SIGKILL)

    def end(self) -> tuple[int, str]:
        """Its exit code and what is left of its progress, once it has ended."""
        with self.lines:
            rest = self.lines.read()
        return self._nursery.ended(), rest


def _kill_at(count: int, home: str) -> None:
    left = count

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event in STEPS and any(home in str(argument) for argument in arguments[:2]):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def _run(job: dict[str, Any]) -> None:
    from catalog import cli

    log = os.open(job["log"], os.O_WRONLY)
    os.dup2(log, 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.environ["FAIRSCAN_HOME"] = job["home"]
    os.environ["FAIRSCAN_OFFLINE"] = "1"
    sys.argv = ["fairscan", *job["arguments"]]
    if job["die_at"]:
        _kill_at(job["die_at"], job["home"])
    code = 1
    try:
        cli.main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    finally:
        os._exit(code)  # A fork cannot end the threads of the libraries it was forked with.


def _serve() -> None:
    import catalog.build
    import catalog.refresh
    import harvesters.idc
    from schemas.vocabulary import anatomy

    assert catalog.build and catalog.refresh and harvesters.idc
    anatomy.normalise("PROSTATE")
    pid = 0
    for line in sys.stdin:
        job = json.loads(line)
        if job:
            pid = os.fork()
            if pid == 0:
                _run(job)
            print(pid, flush=True)
        else:
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    _serve()
