"""Asks a GraphQL endpoint, and tells a failed question from one that was answered in part.

GraphQL answers failures with status 200: `errors` stands beside `data`, and each error has the
path of what it spoiled. A null travels up to the nearest field that may be null (GraphQL October
2021, section 6.4.4), so one broken dataset can take its row, or everything, with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from harvesters.http import Client, PassingError, StatusError
from schemas.errors import SourceError

T = TypeVar("T")
R = TypeVar("R")

ATTEMPTS = 3
"""How often a question that fails whole is asked, beside the client's own retries."""


class FailedQueryError(PassingError):
    """A question that failed whole, each time that it was asked."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One error of an answer. path: the names and positions that lead to what it spoiled."""

    message: str
    path: tuple[str | int, ...]
    code: str | None
    redirect: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: what came, what went wrong, and the server's version if it told it."""

    data: dict[str, Any]
    problems: list[Problem]
    version: str | None

    def about(self, alias: str) -> list[Problem]:
        """The problems with one of the questions asked together."""
        return [problem for problem in self.problems if problem.path[:1] == (alias,)]


class Talk:
    """Puts questions to one GraphQL endpoint through the polite client."""

    def __init__(self, client: Client, address: str) -> None:
        self._client = client
        self.address = address

    def ask(self, query: str, variables: Mapping[str, Any], root: str | None = None) -> Told:
        """The answer to `query`, with what went wrong in parts of it.

        root: the field without which an answer with errors is worth nothing.

        Raises:
            FailedQueryError: if it failed whole, `ATTEMPTS` times.
            SourceError: if the endpoint refuses the question, or cannot be reached.
        """
        why = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self.pause(attempt)
            told = self._once(query, variables)
            if isinstance(told, str):
                why = told
            elif told.problems and root is not None and told.data.get(root) is None:
                why = told.problems[0].message
            else:
                return told
        raise FailedQueryError(f"the query failed: {why}", where=self.address)

    def many(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """`work` of each item, as many at once as the source allows, in the items' order."""
        return self._client.many(work, items)

    def pause(self, attempt: int) -> None:
        """Wait before the question number `attempt` + 1: twice as long each time."""
        time.sleep(2**attempt / self._client.source.requests_per_second)

    def _once(self, query: str, variables: Mapping[str, Any]) -> Told | str:
        """The answer, or in words why there is none."""
        try:
            answer = self._client.post(
                self.address, json={"query": query, "variables": dict(variables)}
            )
        except StatusError as error:
            if error.status == 400:
                raise _refused(self.address) from error
            raise
        try:
            body = answer.json()
        except SourceError as error:
            return error.what
        if not isinstance(body, dict):
            return "the answer is no JSON object"
        problems = list(_problems(body.get("errors")))
        if any(problem.code == "GRAPHQL_VALIDATION_FAILED" for problem in problems):
            raise _refused(self.address)
        if not isinstance(body.get("data"), dict):
            return problems[0].message if problems else "the answer holds no data"
        return Told(body["data"], problems, _version(body))


def _problems(errors: Any) -> Iterable[Problem]:
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict):
            more = error.get("extensions")
            more = more if isinstance(more, dict) else {}
            path = error.get("path")
            yield Problem(
                " ".join(str(error.get("message")).split())[:200],
                tuple(path) if isinstance(path, list) else (),
                more.get("code"),
                more.get("redirect"),
            )


def _version(body: dict[str, Any]) -> str | None:
    try:
        return str(body["extensions"]["openneuro"]["version"])
    except (KeyError, TypeError):
        return None


def _refused(address: str) -> SourceError:
    return SourceError(
        "the server refuses our query: its schema has changed",
        where=address,
        do="Update fairscan",
    )
