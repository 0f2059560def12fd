"""The release's DuckDB file opened for questions only: read-only, cut off, limited in time."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from schemas.errors import QueryError, ReleaseError

_opened: weakref.WeakSet[duckdb.DuckDBPyConnection] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """DuckDB's own threads can abort a process that ends while they start."""
    for connection in list(_opened):
        with suppress(duckdb.ConnectionException):  # closed already
            connection.interrupt()
        connection.close()


def connect(
    catalogue: Path, *, memory: str = "1GB", threads: int | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a release's catalogue so that no statement can write, read files or reach a network.

    Raises:
        ReleaseError: if the file is missing or not a DuckDB file of this format.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "enable_external_access": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "lock_configuration": True,
    }
    if threads is not None:
        config["threads"] = threads
    if not catalogue.is_file():
        raise ReleaseError("damaged release: no catalogue", where=str(catalogue), do=_REPAIR)
    try:
        connection = duckdb.connect(str(catalogue), read_only=True, config=config)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise ReleaseError(
            f"damaged release: {reason}", where=str(catalogue), do=_REPAIR
        ) from error
    _opened.add(connection)
    return connection


@contextmanager
def limited(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Stop what runs on `connection` after `seconds`.

    Raises:
        QueryError: if it was stopped, or DuckDB refuses or fails it.
    """
    expired = threading.Event()

    def stop() -> None:
        expired.set()
        connection.interrupt()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException as error:
        if not expired.is_set():
            raise
        raise QueryError(
            f"the query ran longer than {seconds:g} s and was stopped",
            do="Narrow it, or allow more with --timeout",
        ) from error
    except RuntimeError as error:
        raise stopped(error) from error
    except duckdb.Error as error:
        raise QueryError(" ".join(str(error).split()), do=_hint(error)) from error
    finally:
        timer.cancel()
        timer.join()  # A late interrupt must not meet the next question, nor the end of Python.


def stopped(error: RuntimeError) -> BaseException:
    """DuckDB tells of Ctrl-C as a RuntimeError: give back what Python calls it, else the error."""
    return KeyboardInterrupt() if "Query interrupted" in str(error) else error


_REPAIR = "Publish another release (fairscan releases list), or run: fairscan refresh --full"


def _hint(error: duckdb.Error) -> str:
    text = str(error)
    if "read-only" in text or isinstance(error, duckdb.PermissionException):
        return "A release is read-only: only questions (SELECT) are answered"
    if isinstance(error, duckdb.OutOfMemoryException):
        return "Ask for less at once: aggregate, or add a LIMIT"
    return "Tables: fairscan query 'SHOW TABLES'; columns: fairscan query 'DESCRIBE series'"
