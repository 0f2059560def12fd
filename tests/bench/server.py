"""The site on a free loopback port, asked for lists of addresses."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench.measure import FAIRSCAN, BenchError, finish, module, start

HOST = "127.0.0.1"
_ADDRESS = re.compile(rf"http://{re.escape(HOST)}:(\d+)/")


@dataclass(frozen=True, slots=True)
class Answers:
    """Seconds and bytes of each answer, of all together, and CPU seconds of the server."""

    seconds: tuple[float, ...]
    sizes: tuple[int, ...]
    whole: float
    cpu: float


@dataclass(slots=True)
class Server:
    """A `fairscan serve` that answers; `peak` is its largest resident size, once it has ended."""

    process: psutil.Process
    port: int
    folder: Path
    peak: int = 0

    def ask(self, addresses: Sequence[str], clients: int = 1) -> Answers:
        """Each address once.

        Raises:
            BenchError: if any answer is not a page.
        """
        path = self.folder / "addresses.json"
        path.write_text(json.dumps(addresses), encoding="utf-8")
        before = self._cpu()
        done = json.loads(module("load", HOST, str(self.port), str(clients), path).stdout)
        if done["failures"]:
            some = "; ".join(done["failures"][:3])
            raise BenchError(f"{len(done['failures'])} of {len(addresses)} failed: {some}")
        seconds, sizes = tuple(done["seconds"]), tuple(done["bytes"])
        return Answers(seconds, sizes, done["whole"], self._cpu() - before)

    def _cpu(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def serving(home: Path, folder: Path) -> Iterator[Server]:
    """Serve the release of `home`; end it as Ctrl-C would.

    Raises:
        BenchError: if it does not start.
    """
    process = start([FAIRSCAN, "serve", "--port", "0"], env={"FAIRSCAN_HOME": str(home)})
    assert process.stderr is not None
    said: list[str] = []
    for line in process.stderr:
        said.append(line.rstrip())
        if found := _ADDRESS.search(line):
            break
    else:
        finish(process)
        raise BenchError(f"the server did not start: {' / '.join(said[-3:])}")
    rest = threading.Thread(target=_drain, args=(process,), daemon=True)
    rest.start()
    server = Server(psutil.Process(process.pid), int(found[1]), folder)
    try:
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        rest.join(30)
        if rest.is_alive():
            process.kill()
        _, server.peak = finish(process)


def _drain(process: subprocess.Popen[str]) -> None:
    """Read what the server says, so that it never waits for us."""
    assert process.stderr is not None
    for _ in process.stderr:
        pass
