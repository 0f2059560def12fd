"""Commands that look datasets up: search, show."""

from __future__ import annotations

import typer

from catalog.cli import output
from catalog.cli.options import JSON, with_facets
from catalog.search import FACETS, SORTS
from schemas.errors import UsageError

TEXT = typer.Argument(None, metavar="[TEXT]...", help="Words, an id or a DOI.")


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
                "datasets": found.hits,
                "facets": {f.name: {v.value: v.count for v in f.values} for f in found.facets},
            }
        )
        return
    if not found.total:
        print("no dataset matches; drop a word or a facet")
        return
    if found.note:
        output.say(found.note)
    print(f"{found.total:,} datasets" + (f", page {page}" if page > 1 else ""))
    output.table(
        [
            [h.id, h.title, " ".join(h.modalities), output.number(h.subjects),
             output.number(h.series), output.size(h.bytes), h.licence or h.licence_raw, h.doi]
            for h in found.hits
        ],
        ["id", "title", "modalities", "subjects", "series", "size", "licence", "doi"],
        right=["subjects", "series", "size"],
        whole=["id"],
    )  # fmt: skip


def show(
    dataset: str = typer.Argument(..., metavar="ID", help="A dataset id, e.g. idc:prostatex."),
    json: bool = JSON,
) -> None:
    """Everything the catalogue knows about one dataset."""
    from catalog.home import current_release, home
    from catalog.reader import Reader

    page = Reader(current_release(home())).dataset(dataset)
    if page is None:
        raise UsageError(f"no dataset {dataset!r}", do=f"Look for it: fairscan search {dataset!r}")
    if json:
        output.as_json({**page.record, "findings": page.findings, "links": page.links})
        return
    record = page.record
    print(f"{record['title']}\n{record['id']}\n")
    if record["description"]:
        print(record["description"] + "\n")
    rows = [
        (name, value, record["provenance"].get(name, {}).get("method"))
        for name, value in (
            ("doi", record["doi"]),
            ("licence", record["licence"] or record["licence_raw"]),
            ("access", record["access"]),
            ("modalities", ", ".join(record["modalities"])),
            ("body_parts", ", ".join(term["label"] for term in record["body_parts"])),
            ("conditions", ", ".join(term["label"] for term in record["conditions"])),
            ("species", ", ".join(record["species"])),
            ("subjects", output.number(record["subjects"])),
            ("studies", output.number(record["studies"])),
            ("series", output.number(record["series"])),
            ("images", output.number(record["images"])),
            ("bytes", output.size(record["bytes"])),
            ("landing_url", record["landing_url"]),
            ("version", record["version"]),
        )
    ]
    output.table(rows, ["fact", "value", "how it is known"])
    output.table(
        [[p["doi"], p["licence"] or p["licence_raw"], output.number(p["series"]),
          output.size(p["bytes"]), p["title"]] for p in record["distributions"]],
        ["part (DOI)", "licence", "series", "size", "title"],
        right=["series", "size"],
    )  # fmt: skip
    if page.findings:
        output.table(
            [[f["severity"], f["check_id"], f["message"], f["evidence"],
              output.number(f["affected"]), f["action"]] for f in page.findings],
            ["severity", "check", "finding", "evidence (masked)", "series", "policy"],
            right=["series"],
        )  # fmt: skip
