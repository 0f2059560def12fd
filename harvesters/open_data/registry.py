"""An entry of the Registry of Open Data on AWS: a YAML file that says where a dataset lies.

Licences, managers and contacts are Markdown: a name, a link, or both in brackets. Contacts are not
read. A bucket that asks for keys says so with `ControlledAccess`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from harvesters.http import Client
from harvesters.text import plain_text
from schemas.errors import SourceError
from schemas.vocabulary import licence

ADDRESS = "https://raw.githubusercontent.com/awslabs/open-data-registry/main/datasets"
CAP = 128 * 1024
"""Bytes of an entry, at most: they have a few thousand."""
_TEXTS = ("Name", "Description", "Documentation", "License", "ManagedBy", "DOI")
_RESOURCE = ("ARN", "Description", "Region", "Type", "ControlledAccess")
_BUCKET = re.compile(r"arn:aws[\w-]*:s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/.*)?")
_REGION = re.compile(r"[a-z0-9-]{1,30}")
_LINK = re.compile(r"\[([^\[\]]*)\]\(([^()\s]*)\)")


@dataclass(frozen=True, slots=True)
class Bucket:
    """An S3 bucket; `open`: it is read without keys."""

    name: str
    region: str
    open: bool


def entry(client: Client, root: str, name: str) -> dict[str, Any]:
    """What is kept of the entry `name`: its texts, and its resources.

    Raises:
        SourceError: if there is no such entry, or it is none.
    """
    where = f"{root.rstrip('/')}/{name}.yaml"
    body = client.get(where, accept="*/*", cap=CAP + 1, cut=True).body
    if len(body) > CAP:
        raise SourceError(f"an entry of more than {CAP:,} bytes", where=where)
    try:
        said = yaml.load(body, Loader=_Loader)
    # A value that its tag does not fit (`!!bool maybe`) ends in any of these.
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError) as error:
        raise SourceError("not an entry in YAML", where=where) from error
    if not isinstance(said, dict) or not isinstance(said.get("Name"), str):
        raise SourceError("an entry without a name", where=where)
    resources = said.get("Resources")
    return {
        **_texts(said, _TEXTS),
        "Resources": [
            _texts(one, _RESOURCE)
            for one in (resources if isinstance(resources, list) else [])
            if isinstance(one, dict)
        ],
    }


def buckets(said: dict[str, Any]) -> list[Bucket]:
    """The S3 buckets of an entry, in its order: the first holds the data, the others repeat it."""
    found = []
    for one in said["Resources"]:
        named = _BUCKET.fullmatch(one.get("ARN", ""))
        region = one.get("Region", "")
        if named and one.get("Type") == "S3 Bucket" and _REGION.fullmatch(region):
            found.append(Bucket(named[1], region, not one.get("ControlledAccess")))
    return found


def named(text: str | None) -> tuple[str | None, str | None]:
    """The name and the link of a Markdown text, either of which may be absent."""
    if text is None:
        return None, None
    if found := _LINK.search(text):
        link = found[2] if found[2].startswith(("https://", "http://")) else None
        return plain_text(found[1]), link
    bare = text.strip()
    return (None, bare) if re.fullmatch(r"https?://\S+", bare) else (plain_text(text), None)


def licence_of(text: str | None) -> tuple[str | None, bool]:
    """The SPDX id that name and link of a licence agree on, and whether they contradict."""
    said = {found for part in named(text) if (found := licence.normalise(part))}
    return (said.pop() if len(said) == 1 else None), len(said) > 1


def _texts(said: dict[Any, Any], names: tuple[str, ...]) -> dict[str, str]:
    return {name: said[name] for name in names if isinstance(said.get(name), str)}


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Plain YAML without aliases: an entry has none, and a few of them can make a giant."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)
