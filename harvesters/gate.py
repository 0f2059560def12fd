"""One host's limits: how many requests at once, how far apart, and a pause that it asked for."""

from __future__ import annotations

import threading
import time


class Gate:
    """How many requests to a host at once (`room`), and how far apart."""

    def __init__(self, rate: float, concurrency: int) -> None:
        self.room = threading.BoundedSemaphore(concurrency)
        self._apart = 1 / rate
        self._next = self._closed = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for one's turn, and for the end of a pause that began meanwhile."""
        with self._lock:
            moment = max(time.monotonic(), self._next)
            self._next = moment + self._apart
        while (left := max(moment, self._closed) - time.monotonic()) > 0:
            time.sleep(left)

    def pause(self, seconds: float) -> None:
        """Let nobody through for so long: the host asked one of us to wait, and means us all."""
        with self._lock:
            self._closed = max(self._closed, time.monotonic() + seconds)
