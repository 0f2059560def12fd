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
        """Wait for one's turn; who waited through the beginning of a pause takes a new turn."""
        while True:
            with self._lock:
                closed = self._closed
                moment = max(time.monotonic(), self._next)
                self._next = moment + self._apart
            time.sleep(max(0.0, moment - time.monotonic()))
            if self._closed == closed:
                return

    def pause(self, seconds: float) -> None:
        """Let nobody through for so long: the host asked one of us to wait, and means us all."""
        with self._lock:
            self._closed = max(self._closed, time.monotonic() + seconds)
            self._next = max(self._next, self._closed)
