"""The command that lists tools: what each is for, and what it reads and writes."""

from __future__ import annotations

import typer

from catalog.cli import output
from catalog.cli.options import JSON


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(tools)


def tools(
    category: str = typer.Option(None, "--category", help="Only of this one, e.g. annotation."),
    reads: str = typer.Option(
        None, "--reads", metavar="TYPE", help="Only those that open this media type."
    ),
    json: bool = JSON,
) -> None:
    """The tools that de-identify, curate, store and annotate scans."""
    from catalog.home import current_release, home
    from catalog.reader import Reader
    from catalog.tools import listed

    reader = Reader(current_release(home()))
    found = listed(reader.tools(), category or "", reads or "").tools
    if json:
        output.as_json([tool.model_dump(mode="json") for tool in found])
        return
    if not found:
        print("no tool is listed for this")
        return
    words = reader.labels().get("format", {})
    output.table(
        [
            [tool.key, tool.name, ", ".join(tool.categories), tool.platform,
             tool.licence or tool.licence_raw, tool.status,
             ", ".join(words.get(kind, kind) for kind in tool.reads), tool.url]
            for tool in found
        ],
        ["tool", "name", "for", "platform", "licence", "status", "reads", "page"],
        whole=["tool"],
    )  # fmt: skip
