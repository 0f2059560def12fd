"""Commands that look datasets up: search, show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import typer

from catalog.cli import output
from catalog.cli.options import JSON, with_facets
from catalog.search import FACETS, SORTS
from schemas.errors import UsageError

if TYPE_CHECKING:
    from catalog.reader import DatasetPage

TEXT = typer.Argument(None, metavar="[TEXT]...", help="Words, an id or a DOI.")
RECORDS = ("json", "datacite", "schema.org", "bibtex", "ris")
"""As schemas.exports.formats names them, which takes too long to import for a page of help."""


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command()(with_facets(FACETS)(search))
    app.command()(show)


def search(
    facets: dict[str, list[str]],
    text: list[str] = TEXT,
    sort: str = typer.Option(None, "--sort", help=f"One of: {', '.join(SORTS)}."),
    limit: int = typer.Option(20, "--limit", min=1, max=500, help="How many to print."),
    page: int = typer.Option(1, "--page", min=1, help="Which page of them."),
    json: bool = JSON,
) -> None:
    """Find datasets by words and facets."""
    from catalog.facets import query_from
    from catalog.home import current_release, home
    from catalog.reader import Reader

    params = {**facets, "q": [" ".join(text or [])], "size": [str(limit)], "page": [str(page)]}
    if sort:
        params["sort"] = [sort]
    found = Reader(current_release(home())).search(query_from(params, FACETS, sorts=SORTS))
    if json:
        output.as_json(
            {
                "total": found.total,
                "note": found.note,
                "suggestion": found.suggestion and found.suggestion.text,
                "datasets": found.hits,
                "facets": {f.name: {v.value: v.count for v in f.values} for f in found.facets},
            }
        )
        return
    if found.suggestion:
        output.say(f"did you mean: {found.suggestion.text}")
    if not found.total:
        print("no dataset matches; drop a word or a facet")
        return
    if found.note:
        output.say(found.note)
    what = "dataset" if found.total == 1 else "datasets"
    print(f"{found.total:,} {what}" + (f", page {page}" if page > 1 else ""))
    output.table(
        [
            [h.id, h.title, " ".join(h.modalities), output.number(h.subjects),
             output.number(h.series), output.size(h.bytes), _licence(h.licence, h.licence_raw,
             h.licence_assumed), h.snapshot, h.doi,
             " ".join(other.partition(":")[0] for other in h.elsewhere)]
            for h in found.hits
        ],
        ["id", "title", "modalities", "subjects", "series", "size", "licence", "snapshot", "doi",
         "also at"],
        right=["subjects", "series", "size"],
        whole=["id"],
    )  # fmt: skip


def show(
    dataset: str = typer.Argument(..., metavar="ID", help="A dataset id, e.g. idc:prostatex."),
    format: str = typer.Option(
        None, "--format", metavar="FORMAT", help=f"As a machine record: {', '.join(RECORDS)}."
    ),
    json: bool = JSON,
) -> None:
    """Everything the catalogue knows about one dataset."""
    from catalog.home import current_release, home
    from catalog.reader import Reader

    if format not in (None, *RECORDS):
        raise UsageError(f"no format {format!r}", do=f"Use one of: {', '.join(RECORDS)}")
    page = Reader(current_release(home())).dataset(dataset)
    if page is None:
        raise UsageError(f"no dataset {dataset!r}", do=f"Look for it: fairscan search {dataset!r}")
    if format and format != "json":
        from catalog.exports import written

        print(written(page.record, format), end="")
        return
    if json or format:
        more = {"findings": page.findings, "links": page.links, "checked": page.checked}
        output.as_json({**page.record, **more})
        return
    record = page.record
    print(f"{record['title']}\n{record['id']}\n")
    for line in _notes(page):
        print(line)
    if record["description"]:
        print(record["description"] + "\n")
    provenance = record["provenance"]
    rows = [
        (name, value, _told(provenance.get(name)))
        for name, value in (
            ("doi", record["doi"]),
            (
                "licence",
                _licence(record["licence"], record["licence_raw"], record["licence_assumed"]),
            ),
            ("access", record["access"]),
            ("modalities", ", ".join(record["modalities"])),
            ("body_parts", ", ".join(term["label"] for term in record["body_parts"])),
            ("conditions", ", ".join(term["label"] for term in record["conditions"])),
            ("species", ", ".join(record["species"])),
            ("tasks", ", ".join(record["tasks"])),
            ("paradigms", ", ".join(record["paradigms"])),
            ("subjects", record["subjects"] and output.number(record["subjects"])),
            ("studies", record["studies"] and output.number(record["studies"])),
            ("series", record["series"] and output.number(record["series"])),
            ("images", record["images"] and output.number(record["images"])),
            ("bytes", record["bytes"] and output.size(record["bytes"])),
            ("sexes", ", ".join(f"{c['value']} {c['count']:,}" for c in record["sexes"])),
            ("creators", _some([c["name"] for c in record["creators"]])),
            ("funders", _some(record["funders"])),
            ("publisher", record["publisher"]),
            ("year", record["year"]),
            ("citations", record["citations"]),
            ("landing_url", record["landing_url"]),
            ("version", record["version"]),
        )
        if value not in (None, "")
    ]
    output.table(rows, ["fact", "value", "how it is known"])
    if record["distributions"]:
        output.table(
            [[p["title"], p["route"], p["url"], p["access"], p["licence"] or p["licence_raw"],
              output.number(p["series"]), output.size(p["bytes"]), p["doi"]]
             for p in record["distributions"]],
            ["part", "way", "address", "access", "licence", "series", "size", "doi"],
            right=["series", "size"],
        )  # fmt: skip
    if record["related"]:
        output.table([[r["relation"], r["scheme"], r["value"]] for r in record["related"]],
                     ["relation", "", "identifier"])  # fmt: skip
    if page.findings:
        output.table(
            [[f["severity"], f["check_id"], _message(f), f["evidence"],
              _found_in(f), f["action"]] for f in page.findings],
            ["severity", "check", "finding", "evidence (masked)", "in", "policy"],
            right=["in"],
        )  # fmt: skip


def _notes(page: DatasetPage) -> Iterator[str]:
    """What a person should know before the facts: how old they are, and where else it is."""
    record = page.record
    if record["snapshot"]:
        yield f"from the packaged snapshot of {record['snapshot']}, not read live"
    for link in page.links:
        if link["relation"] in ("same_as", "mirror_of"):
            yield f"the same dataset: {link['other_id']} ({link['evidence']})"
    if record["status"] != "active":
        yield f"{record['status']} by its repository"
    for other in page.successors:
        yield f"replaced by {other['id']}  {other['title']}"
    if page.checked:
        yield f"files checked: {files_checked(page.checked)}"
    yield ""


def files_checked(told: Mapping[str, Any]) -> str:
    """How a sample of a dataset's files went: how many, when, and whether something was found."""
    number, day = told["read"], str(told["time"])[:10]
    unread = f", {told['failed']:,} could not be read" if told["failed"] else ""
    found = (
        f"something found in {told['affected']:,}" if told["affected"] else "nothing found in them"
    )
    return f"{number:,} on {day}, {found}{unread} ({told['profile']})"


def _message(finding: Mapping[str, Any]) -> str:
    in_file = finding["subject_kind"] == "file" and finding["field"]
    return f"{finding['message']} ({finding['field']})" if in_file else finding["message"]


def _found_in(finding: Mapping[str, Any]) -> str:
    what = "files" if finding["subject_kind"] == "file" else "series"
    return f"{output.number(finding['affected'])} {what}"


def _told(provenance: dict[str, Any] | None) -> str | None:
    if provenance is None:
        return None
    day, words = provenance["snapshot"], [str(provenance["method"])]
    words += [provenance["confidence"]] if provenance["confidence"] else []
    words += [f"snapshot of {day}"] if day else []
    words += [f"from {provenance['evidence']}"] if provenance["evidence"] else []
    return ", ".join(words)


def _licence(spdx: str | None, raw: str | None, assumed: bool) -> str | None:
    return f"{spdx} (assumed)" if spdx and assumed else spdx or raw


def _some(names: list[str], most: int = 10) -> str:
    more = len(names) - most
    return "; ".join(names[:most]) + (f"; and {more:,} more" if more > 0 else "")
