"""Commands that tell how the catalogue stands: status, sources, changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from catalog.cli import output
from catalog.cli.options import JSON

if TYPE_CHECKING:
    from catalog.reader import StatusPage


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command()(status)
    app.command()(sources)
    app.command()(changes)


def status(json: bool = JSON) -> None:
    """What the current release holds, and how each source's last run went."""
    from catalog.home import current_release, home
    from catalog.reader import Reader
    from catalog.refresh import history, newest

    place = home()
    last = newest(history(place)).values()
    page = None
    if place.current.is_symlink() or not last:
        page = Reader(current_release(place)).status()
    hidden = ("quarantine", "digest", "ground", "generator")
    runs = [{k: v for k, v in run.items() if k not in hidden} | _basis(run) for run in last]
    quarantined = [
        {"source": run["source"], "local_id": entry["local_id"], "reason": entry["reason"]}
        for run in last
        for entry in run.get("quarantine", [])
    ]
    if json:
        release = page.release if page else None
        output.as_json(
            {
                "release": release.id if release else None,
                "created": release.created if release else None,
                **(release.counts if release else {}),
                "runs": runs,
                "quarantine": quarantined,
                "findings_by_check": page.findings if page else [],
                "review": page.review if page else [],
                "checked": page.checked if page else None,
            }
        )
    else:
        _print_status(page, runs, quarantined)
    if any(run["state"] in ("failed", "held") for run in runs):
        raise typer.Exit(3)


def _print_status(
    page: StatusPage | None, runs: list[dict[str, Any]], quarantined: list[dict[str, Any]]
) -> None:
    if page:
        counts = page.release.counts
        same = counts["records"] == counts["datasets"]
        several = "" if same else f" in {counts['records']:,} records"
        print(
            f"release {page.release.id}: {counts['datasets']:,} datasets{several}, "
            f"{counts['series']:,} series, {output.size(counts['bytes'])}; "
            f"{counts['findings']:,} findings, {counts['masked']:,} values masked, "
            f"{counts['withheld']:,} datasets withheld"
        )
    else:
        print("there is no release yet")
    output.table(
        [
            [r["source"], r["state"], r["finished"][:19], r.get("version"),
             output.number(r.get("datasets")), output.number(r.get("series")),
             output.number(r.get("requests")), output.size(r.get("bytes"))]
            for r in runs
        ],
        ["source", "state", "last run", "version", "datasets", "series", "requests", "received"],
        right=["datasets", "series", "requests", "received"],
    )  # fmt: skip
    for run in runs:
        if run["message"]:
            print(f"{run['source']}: {run['message']}")
    if quarantined:
        output.table([[q["source"], q["local_id"], q["reason"]] for q in quarantined],
                     ["source", "quarantined", "reason"])  # fmt: skip
    if page and page.review:
        output.table(
            [[p["dataset_id"], p["other_id"], f"{p['score']:.2f}", "; ".join(p["reasons"])]
             for p in page.review],
            ["perhaps one dataset", "", "score", "why"],
            right=["score"],
        )  # fmt: skip
    if page and page.checked["datasets"]:
        told = page.checked
        print(
            f"files checked: {told['files']:,} of {_datasets(told['datasets'])}; found something "
            f"in {told['files_affected']:,} of {_datasets(told['datasets_affected'])}"
        )
    if page and page.findings:
        output.table(
            [
                [f["check_id"], f["severity"], f["action"], output.number(f["findings"]),
                 output.number(f["datasets"]), output.number(f["affected"])]
                for f in page.findings
            ],
            ["check", "severity", "policy", "findings", "datasets", "series or files"],
            right=["findings", "datasets", "series or files"],
        )  # fmt: skip


def _datasets(count: int) -> str:
    return f"{count:,} dataset" if count == 1 else f"{count:,} datasets"


def _basis(run: dict[str, Any]) -> dict[str, Any]:
    """What the records rest on that the run left in place: a snapshot, a harvest, or nothing."""
    digest = run.get("digest")
    if digest is None:
        return {"basis": "nothing"}
    return {"basis": "snapshot" if str(digest).startswith("snapshot:") else "harvest"}


def sources(json: bool = JSON) -> None:
    """Every source: what it holds here, and whether that was read live or from a snapshot."""
    from catalog.home import current_release, home
    from catalog.reader import Reader

    rows = Reader(current_release(home())).sources()
    if json:
        output.as_json(rows)
        return
    output.table(
        [
            [r["key"], r["name"], r["status"] or "unknown", r["kind"], r["access"] or "unknown",
             f"as {r['alias_of']}" if r["alias_of"] else output.number(r["datasets"]),
             output.number(r["series"]), (r["read"] or r["snapshot"] or "never")[:10], r["words"]]
            for r in rows
        ],
        ["source", "name", "status", "kind", "access", "datasets", "series", "facts of",
         "how it stands"],
        right=["datasets", "series"],
        whole=["source", "status", "kind", "access"],
    )  # fmt: skip


def changes(
    since: str = typer.Option(
        None, "--since", metavar="RELEASE", help="Compare with this release, not the previous one."
    ),
    json: bool = JSON,
) -> None:
    """What changed in the current release: datasets field by field, series counted."""
    from catalog.changes import compare
    from catalog.home import current_release, home
    from catalog.reader import Reader
    from catalog.release import find

    place = home()
    current = current_release(place)
    if since is None:
        page = Reader(current).status()
        old, rows = page.previous, page.changes
    else:
        folder = find(place, since)
        old, rows = folder.name, compare(folder, current)
    if json:
        output.as_json({"release": current.name, "since": old, "changes": rows})
    elif old is None:
        print(f"release {current.name} is the first one")
    elif not rows:
        print(f"nothing changed between {old} and {current.name}")
    else:
        output.table([[r["change"], r["dataset_id"], r["field"], r["old"], r["new"]] for r in rows],
                     ["change", "dataset", "field", "old", "new"])  # fmt: skip
