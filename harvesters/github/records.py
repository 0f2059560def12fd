"""A GitHub repository as a dataset: what the API says of it, and what its images add up to.

The licence that GitHub shows is that of a file in the repository, which may be meant for the code
alone: it is kept with what was read, and never taken for the licence of the images.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from harvesters import record
from harvesters.text import plain_text
from schemas.dataset import Access, Count, Dataset, Distribution, Identifier
from schemas.errors import RecordError
from schemas.facts import Facts
from schemas.vocabulary import licence, modality

KEPT = (
    "full_name", "description", "html_url", "homepage", "license", "archived", "disabled",
    "default_branch", "created_at", "pushed_at",
)  # fmt: skip
"""What is kept of the API's answer: how often a repository is starred is none of ours."""


def dataset(
    raw: dict[str, Any], identifier: str, curated: Facts | None, retrieved: datetime
) -> Dataset:
    """The repository as a dataset; `raw` has KEPT, `commit` and, of images, `table`.

    Raises:
        RecordError: if the API's answer is not of its shape.
    """
    where = f"{identifier.partition(':')[0]}, {raw.get('full_name')}"
    if not isinstance(raw.get("full_name"), str) or not isinstance(raw.get("html_url"), str):
        raise RecordError("a repository without a name or an address", where=where)
    if not raw["html_url"].startswith(("https://", "http://")):
        raise RecordError("an address that is no web address", where=where)
    fields: dict[str, Any] = {
        "id": identifier,
        "source": identifier.partition(":")[0],
        "kind": "dataset",
        "title": curated.title if curated else raw["full_name"].rpartition("/")[2],
        "description": _text(raw, "description", where),
        "identifiers": [Identifier(scheme="github", value=raw["full_name"])],
        "modified": _moment(raw, "pushed_at", where),
    }
    table = raw.get("table")
    if table is None:  # the data lie elsewhere, and have a page and versions of their own
        if curated and curated.description:
            del fields["description"]
        return record.dataset(fields, retrieved, curated=("title",) if curated else ())
    fields |= _images(table, curated) | {
        "landing_url": raw["html_url"],
        "version": raw["commit"],
        "created": _moment(raw, "created_at", where),
        "distributions": [
            Distribution(
                title=f"The repository at commit {raw['commit'][:7]}",
                route="https",
                url=f"{raw['html_url']}/archive/{raw['commit']}.zip",
                access=Access.OPEN,
                format="application/zip",
            )
        ],
    }
    mapped = [modality.normalise(word) for word in table["modalities"]]
    return record.dataset(
        fields,
        retrieved,
        derived={*_images(table, curated), "distributions"} - {"modalities_raw"},
        curated={"title"} | ({"modalities"} if None in mapped else set()) if curated else (),
    )


def _images(table: dict[str, Any], curated: Facts | None) -> dict[str, Any]:
    """What the rows of the table add up to."""
    mapped = [modality.normalise(word) for word in table["modalities"]]
    # "X-ray" is CR or DX: where a word may mean two things, a person has looked.
    known = sorted({code for code in mapped if code})
    codes = curated.modalities if curated and None in mapped else known
    return {
        "subjects": table["subjects"],
        "series": table["images"],
        "images": table["images"],
        "bytes": table["bytes"],
        "modalities": codes,
        "modalities_raw": table["modalities"],
        "sexes": [Count(value=word, count=n) for word, n in table["sexes"].items()],
        "age_bands": [Count(value=word, count=n) for word, n in table["age_bands"].items()],
        **_licences(table["licences"]),
    }


def _licences(counts: list[list[Any]] | None) -> dict[str, Any]:
    """The licence of all images if it is one; else only what is said of how many."""
    if counts is None:
        return {}
    said = [f"{word or 'none stated'} ({n:,} images)" for word, n in counts]
    one = {licence.normalise(word) for word, _ in counts}
    return {"licence_raw": "; ".join(said), "licence": one.pop() if len(one) == 1 else None}


def _text(raw: dict[str, Any], name: str, where: str) -> str | None:
    value = raw.get(name)
    if value is not None and not isinstance(value, str):
        raise RecordError(f"`{name}` is no text", where=where)
    return plain_text(value)


def _moment(raw: dict[str, Any], name: str, where: str) -> datetime | None:
    text = _text(raw, name, where)
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise RecordError(f"`{name}` is no moment", where=where) from error
