"""Whether a page is still where it was: alive, moved, gone, behind a login, or not to be reached.

Only what the server, the name service and the page itself tell is believed. A page that answers
200 and calls itself "not found" is alive with that remark; a domain that now shows something else
cannot be told from one that does not.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urldefrag, urlsplit, urlunsplit

from harvesters.http import Answer, Client, NoSuchHostError, StatusError, without_query
from harvesters.text import plain_text
from schemas.dataset import Access, Dataset, Method, Provenance
from schemas.errors import SourceError

CAP = 2 * 1024 * 1024
"""Bytes of a page that are read; what lies behind them is not missed."""
_GONE = (404, 410)
_LOGIN = (401, 403)
_PERMANENT = (301, 308)
_HTML = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
_TITLE = re.compile(r"<title\b[^>]{0,200}>([^<]{1,500})", re.IGNORECASE)
_LOGIN_TITLE = re.compile(
    r"\W*(?:log[ -]?[io]n|sign[ -]?[io]n|anmelden|connexion|iniciar sesi[oó]n|вход)\b",
    re.IGNORECASE,
)
_LOGIN_PATH = re.compile(
    r"/(?:log[-_]?in|sign[-_]?in|sso|saml2?|cas|oauth2?|openid|idp|authorize)(?:[./]|$)",
    re.IGNORECASE,
)
_LOGIN_HOST = re.compile(r"(?:login|signin|auth|sso|idp|accounts)\.", re.IGNORECASE)
_NOT_FOUND_TITLE = re.compile(
    r"\W*(?:error )?404\b|\W*not found\b|.{0,200}\b(?:page|file) not found\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Landing:
    """What became of the page at `url`.

    state: `moved` only where a server says so for good (301, 308); `gone` where it answers 404 or
    410 or no host has that name any more; `login` where it answers 401 or 403, or sends to, or
    is, a page to log in; `unreachable` for what may pass.
    to: where a moved page is now. checked: when (UTC). why: what was seen, for people.
    """

    state: Literal["alive", "moved", "gone", "login", "unreachable"]
    url: str
    to: str | None
    checked: datetime
    why: str | None


def look(client: Client, url: str) -> Landing:
    """What became of the page at `url`; never raises for what the other side does."""
    return visit(client, url)[0]


def visit(client: Client, url: str) -> tuple[Landing, Answer | None]:
    """As `look`, with the page itself (its first `CAP` bytes) if there was one to read."""
    told = Landing("unreachable", url, None, datetime.now(UTC), None)
    try:
        # A HEAD is refused by some, and says nothing of a page to log in.
        answer = client.get(url, accept=_HTML, cap=CAP, cut=True, keep=False)
    except NoSuchHostError:
        return replace(told, state="gone", why="no host has that name"), None
    except StatusError as error:
        why = f"the server answered {error.status}"
        if error.status in _GONE:
            return replace(told, state="gone", why=why), None
        if error.status in _LOGIN:
            return replace(told, state="login", why=why), None
        return replace(told, why=why), None
    except SourceError as error:
        return replace(told, why=error.what), None
    title = _title(answer)
    if _asks_to_log_in(answer.url) and not _asks_to_log_in(url):
        return replace(told, state="login", why="it sends to a page to log in"), None
    if title and _LOGIN_TITLE.match(title):
        return replace(told, state="login", why="it is a page to log in"), None
    remark: str | None = None
    if title and _NOT_FOUND_TITLE.match(title):
        remark = "it answers, but calls itself not found"
    to = _moved_to(answer)
    if to is None or same_page(url, to):
        return replace(told, state="alive", why=remark), answer
    if remark is None and _is_front(to) and not _is_front(url):
        remark = "it sends to the front page of a site"
    return replace(told, state="moved", to=to, why=remark), answer


def reached(client: Client, url: str) -> tuple[Landing, Answer | None]:
    """As `visit`, for those who can do nothing with a page that could not be reached.

    Raises:
        SourceError: if it could not: it may be there at the next look.
    """
    landing, page = visit(client, url)
    if landing.state == "unreachable":
        raise SourceError(
            f"its page cannot be reached: {landing.why}",
            where=without_query(url),
            do="What is known stays; it is looked at again at the next refresh",
        )
    return landing, page


def checked(dataset: Dataset, landing: Landing) -> Dataset:
    """A dataset that is described at the page of `landing`, with what the look at it found.

    A page that has moved is named at its new place, unless there is something wrong with that
    (`why`), and data whose page is gone are taken for gone; all else that is known stays.
    """
    told = Provenance(source=dataset.source, retrieved_at=landing.checked, method=Method.STATED)
    if landing.state == "moved" and landing.why is None:
        change: dict[str, object] = {"landing_url": landing.to}
    elif landing.state == "gone" and dataset.access is not Access.GONE:
        change = {"access": Access.GONE}
        told = told.model_copy(update={"method": Method.DERIVED})
    else:
        return dataset
    provenance = dataset.provenance | dict.fromkeys(change, told)
    return dataset.model_copy(update={**change, "provenance": provenance})


def _moved_to(answer: Answer) -> str | None:
    """Where the redirects that are for good lead; what follows one for now is for now."""
    to = None
    for status, target in answer.hops:
        if status not in _PERMANENT:
            break
        to = target
    if to is None:
        return None
    split = urlsplit(urldefrag(to).url)
    return urlunsplit(split._replace(netloc=split.netloc.rpartition("@")[2]))


def same_page(one: str, other: str) -> bool:
    """Whether two addresses differ by no more than http or https, `www.` and a last slash."""

    def bare(url: str) -> tuple[str, int | None, str, str]:
        split = urlsplit(url)
        host = (split.hostname or "").removeprefix("www.")
        return host, split.port, split.path.rstrip("/"), split.query

    return bare(one) == bare(other)


def _is_front(url: str) -> bool:
    return urlsplit(url).path in ("", "/")


def _asks_to_log_in(url: str) -> bool:
    split = urlsplit(url)
    return bool(_LOGIN_PATH.search(split.path) or _LOGIN_HOST.match(split.hostname or ""))


def _title(answer: Answer) -> str | None:
    found = _TITLE.search(answer.text()[:100_000])
    return plain_text(html.unescape(found[1])) if found else None
