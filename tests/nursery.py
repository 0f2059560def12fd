"""Runs `fairscan` in forks of a process that has its imports done, for they are half of its work.

As a script it is that process: it reads one job a line and forks. As a module it is the way to it.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

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
            cwd=Path(__file__).parents[1],
        )

    def run(
        self, arguments: list[str], folder: Path, env: dict[str, str], limit: float
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in `folder` to its end; SIGALRM ends it after `limit` seconds."""
        with tempfile.TemporaryDirectory() as place:
            out, err = Path(place, "out"), Path(place, "err")
            self._tell(
                {"arguments": arguments, "env": env, "folder": str(folder), "limit": limit,
                 "out": str(out), "err": str(err)}
            )  # fmt: skip
            self._hear()
            return subprocess.CompletedProcess(
                arguments, self.ended(), out.read_text("utf-8"), err.read_text("utf-8")
            )

    def start(self, home: Path, *arguments: str, die_at: int = 0) -> Child:
        """Start a command; it kills itself before the `die_at`th change to its home, if not 0."""
        log = home.parent / f"{home.name}.log"
        log.unlink(missing_ok=True)
        os.mkfifo(log)
        env = {**os.environ, "FAIRSCAN_HOME": str(home), "FAIRSCAN_OFFLINE": "1"}
        self._tell(
            {"arguments": arguments, "env": env, "folder": ".", "limit": 0,
             "out": os.devnull, "err": str(log), "die_at": die_at}
        )  # fmt: skip
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


def _become(job: dict[str, Any]) -> None:
    """Take on the files, the folder and the settings that a shell would have given a command."""
    signal.alarm(int(job["limit"]))
    os.chdir(job["folder"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(job["out"], os.O_WRONLY | os.O_CREAT), 1)
    os.dup2(os.open(job["err"], os.O_WRONLY | os.O_CREAT), 2)
    os.environ.clear()
    os.environ.update(job["env"])
    sys.argv = ["fairscan", *job["arguments"]]
    if job.get("die_at"):
        _kill_at(job["die_at"], job["env"]["FAIRSCAN_HOME"])


def _code_of(main: Callable[[], None]) -> int:
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _end(code: int) -> NoReturn:
    """As Python ends, but for the threads of libraries: a fork cannot end those it never had."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _serve() -> None:
    import catalog.build
    import catalog.cli
    import catalog.reader
    import catalog.refresh
    import catalog.report
    import curation.metadata.runner
    import harvesters.idc
    from schemas.vocabulary import anatomy

    assert catalog.build and catalog.reader and catalog.refresh and catalog.report
    assert curation.metadata.runner and harvesters.idc
    anatomy.normalise("PROSTATE")
    pid = 0
    for line in sys.stdin:
        job = json.loads(line)
        if job:
            pid = os.fork()
            if pid == 0:
                _become(job)
                _end(_code_of(catalog.cli.main))
            print(pid, flush=True)
        else:
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    _serve()
