"""Work done in other processes, in order; one that dies takes a single task with it.

Decoders of images are compiled code, and hostile bytes can end the process that runs them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context
from typing import Any, Generic, TypeVar

Task = TypeVar("Task")
Done = TypeVar("Done")

_AHEAD = 4


def batched(tasks: Iterable[Task], size: int) -> Iterator[list[Task]]:
    """The tasks in their order, `size` together."""
    there = iter(tasks)
    while batch := list(islice(there, size)):
        yield batch


class Pool(Generic[Task, Done]):
    """`work` does a batch of tasks in a process where `begin(*given)` was called first.

    `died` gives what stands for a task whose process ended in the middle of it.
    """

    def __init__(
        self,
        work: Callable[[list[Task]], Done],
        died: Callable[[Task], Done],
        begin: Callable[..., None],
        given: tuple[Any, ...],
        jobs: int,
    ) -> None:
        self._work, self._died = work, died
        self._begin, self._given, self._jobs = begin, given, jobs

    def run(self, batches: Iterator[list[Task]]) -> Iterator[Done]:
        """What became of each batch, in order; a batch that killed its process comes in parts."""
        waiting: deque[tuple[list[Task], Future[Done]]] = deque()
        pool = self._pool(self._jobs)
        try:
            while True:
                for batch in islice(batches, self._jobs * _AHEAD - len(waiting)):
                    waiting.append((batch, pool.submit(self._work, batch)))
                if not waiting:
                    return
                batch, future = waiting.popleft()
                try:
                    yield future.result()
                except BrokenProcessPool:
                    pool.shutdown(cancel_futures=True)
                    yield from self._one_by_one(batch)
                    pool = self._pool(self._jobs)
                    waiting = deque((b, pool.submit(self._work, b)) for b, _ in waiting)
        finally:
            pool.shutdown(cancel_futures=True)

    def _one_by_one(self, batch: list[Task]) -> Iterator[Done]:
        pool = self._pool(1)
        try:
            for task in batch:
                try:
                    yield pool.submit(self._work, [task]).result()
                except BrokenProcessPool:
                    yield self._died(task)
                    pool.shutdown(cancel_futures=True)
                    pool = self._pool(1)
        finally:
            pool.shutdown(cancel_futures=True)

    def _pool(self, jobs: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            jobs, mp_context=get_context("spawn"), initializer=self._begin, initargs=self._given
        )
