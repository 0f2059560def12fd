"""Asks a server for addresses, one after another or as many clients at once, and times each.

Run in a process of its own: `python -m tests.bench.load HOST PORT CLIENTS FILE`; the file holds the
addresses as a JSON list. Each is asked once, over connections that stay open.
"""

from __future__ import annotations

import http.client
import json
import queue
import sys
import threading
import time
from pathlib import Path

TIMEOUT = 30.0


def ask(host: str, port: int, clients: int, addresses: list[str]) -> dict[str, object]:
    """Seconds of each answer in the order of `addresses`, bytes of each, and of all together."""
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(addresses)):
        waiting.put(number)
    seconds, sizes = [0.0] * len(addresses), [0] * len(addresses)
    failures: list[str] = []
    ready = threading.Barrier(clients + 1)

    def client() -> None:
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        connection.connect()
        ready.wait()
        while True:
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                return connection.close()
            began = time.perf_counter()
            try:
                connection.request("GET", addresses[number])
                response = connection.getresponse()
                body = response.read()
            except (OSError, http.client.HTTPException) as error:
                failures.append(f"{addresses[number]}: {error!r}")
                connection.close()
                continue
            seconds[number], sizes[number] = time.perf_counter() - began, len(body)
            if response.status != 200:
                failures.append(f"{addresses[number]}: status {response.status}")

    threads = [threading.Thread(target=client, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    ready.wait(TIMEOUT)
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    whole = time.perf_counter() - began
    return {"seconds": seconds, "bytes": sizes, "whole": whole, "failures": failures}


if __name__ == "__main__":
    host, port, clients, path = sys.argv[1:]
    json.dump(ask(host, int(port), int(clients), json.loads(Path(path).read_text())), sys.stdout)
