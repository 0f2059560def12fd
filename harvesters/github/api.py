"""What GitHub's REST API says of a repository, and one file of it, checked to the last byte.

Guests have 60 requests an hour for each address on the internet; the API tells how many are left
without counting that question. A repository that moved answers with a redirect to its number.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from harvesters.http import Answer, Client, StatusError
from schemas.errors import SourceError

ADDRESS = "https://api.github.com"
FILES = "https://raw.githubusercontent.com"
LARGEST = 32 * 1024 * 1024
"""Bytes of a table, at most."""
_JSON = "application/vnd.github+json"
_SHA = "application/vnd.github.sha"
_VERSION = {"X-GitHub-Api-Version": "2022-11-28"}
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Blob(NamedTuple):
    """A file of a commit: its object id and its size in bytes."""

    id: str
    size: int


def repository(client: Client, root: str, name: str) -> tuple[dict[str, Any], Answer]:
    """What `GET /repos/{owner}/{name}` says, and the answer itself, which knows of redirects.

    Raises:
        SourceError: if there is no such repository, or the hour's requests are used up.
    """
    answer = _ask(client, root, f"{root}/repos/{name}", _JSON)
    said = answer.json()
    if not isinstance(said, dict) or not isinstance(said.get("default_branch"), str):
        raise SourceError("an answer that describes no repository", where=f"{root}/repos/{name}")
    return said, answer


def commit(client: Client, root: str, name: str, branch: str) -> str:
    """The id of the newest commit of `branch`."""
    where = f"{root}/repos/{name}/commits/{quote(branch, safe='/')}"
    told = _ask(client, root, where, _SHA).text().strip()
    if not _COMMIT.fullmatch(told):
        raise SourceError("an answer that is no id of a commit", where=where)
    return told


def files(client: Client, root: str, name: str, at: str) -> dict[str, Blob]:
    """Every file of the commit `at`, by its path.

    Raises:
        SourceError: if GitHub cannot list them all (more than 100,000, or 7 MB of names).
    """
    where = f"{root}/repos/{name}/git/trees/{at}"
    said = _ask(client, root, where, _JSON, {"recursive": "1"}).json()
    tree = said.get("tree") if isinstance(said, dict) else None
    if not isinstance(tree, list):
        raise SourceError("an answer without a `tree`", where=where)
    if said.get("truncated") is not False:
        raise SourceError("the list of files is cut", where=where)
    return {
        entry["path"]: Blob(entry["sha"], entry["size"])
        for entry in tree
        if isinstance(entry, dict)
        and entry.get("type") == "blob"
        and isinstance(entry.get("path"), str)
        and isinstance(entry.get("sha"), str)
        and type(entry.get("size")) is int
    }


def content(client: Client, where: str, blob: Blob) -> bytes:
    """The file at `where`, which has the id that git gives to just these bytes.

    Raises:
        SourceError: if it came cut or changed, or is larger than a table may be.
    """
    if blob.size > LARGEST:
        raise SourceError(f"a table of {blob.size:,} bytes", where=where)
    body = client.get(where, accept="*/*", cap=LARGEST, keep=False).body
    digest = hashlib.sha256 if len(blob.id) == 64 else hashlib.sha1
    if digest(b"blob %d\0" % len(body) + body).hexdigest() != blob.id:
        raise SourceError(
            f"not the file of the commit: {len(body):,} bytes came, it has {blob.size:,}",
            where=where,
        )
    return body


def _ask(
    client: Client, root: str, where: str, accept: str, params: dict[str, str] | None = None
) -> Answer:
    try:
        return client.get(where, params=params, headers=_VERSION, accept=accept)
    except StatusError as error:
        key = f"FAIRSCAN_{client.source.key.upper()}_TOKEN"
        if error.status == 401:
            raise SourceError(
                "the token was refused",
                where=where,
                do=f"Correct {key} or unset it: none is needed",
            ) from error
        if error.status in (403, 429) and (limit := _used_up(client, root)):
            raise SourceError(limit, where=where, do=f"Wait, or set {key}") from error
        raise


def _used_up(client: Client, root: str) -> str | None:
    """What to say if no request is left of this hour, else None."""
    try:
        said = client.get(f"{root}/rate_limit", headers=_VERSION, accept=_JSON, keep=False).json()
        core = said["resources"]["core"]
        until = datetime.fromtimestamp(core["reset"], UTC)
        spent, limit = core["remaining"] == 0, int(core["limit"])
    except (SourceError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return None  # the refusal itself is told then
    if not spent:
        return None
    return f"the {limit:,} requests of this hour are used up until {until:%H:%M} UTC"
