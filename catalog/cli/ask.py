"""Commands that ask over series: cohort, select, query."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from catalog.cli import output
from catalog.cli.options import JSON, with_facets
from catalog.cohort import FACETS, resolved
from schemas.errors import UsageError

if TYPE_CHECKING:
    from catalog.facets import Query

TEXT = typer.Option("", "--text", help="Words that study or series description must contain.")
AGE_MIN = typer.Option(None, "--age-min", min=0, max=200, help="Youngest age in years.")
AGE_MAX = typer.Option(None, "--age-max", min=0, max=200, help="Oldest age in years.")
WHERE = typer.Option(None, "--where", metavar="SQL", help="A condition, e.g. instances > 100.")
TIMEOUT = typer.Option(30.0, "--timeout", min=0.1, max=3600, help="Seconds it may take.")


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command()(with_facets(FACETS)(cohort))
    app.command()(with_facets(FACETS)(select))
    app.command()(query)


def cohort(
    facets: dict[str, list[str]],
    text: str = TEXT,
    age_min: float = AGE_MIN,
    age_max: float = AGE_MAX,
    where: str = WHERE,
    group_by: str = typer.Option(None, "--group-by", help="Print the counts of one facet."),
    timeout: float = TIMEOUT,
    json: bool = JSON,
) -> None:
    """Count the series that match, with their facets."""
    from catalog.facets import unknown_facet
    from catalog.home import current_release, home
    from catalog.reader import Reader

    question = _question(facets, text, age_min, age_max, where)
    options = {spec.option.removeprefix("--"): spec.name for spec in FACETS}
    options |= {spec.label.lower(): spec.name for spec in FACETS}
    names = [spec.name for spec in FACETS]
    grouped = options.get(group_by, group_by) if group_by else None
    if grouped and grouped not in names:
        raise unknown_facet(grouped, sorted({*options, *names}))
    reader = Reader(current_release(home()))
    with reader.cursor(timeout) as cursor:
        question = resolved(cursor, question)
    page = reader.cohort(question, rows=False, seconds=timeout)
    shown = [f for f in page.facets if grouped in (None, f.name)]
    if json:
        output.as_json(
            {
                "release": reader.info.id,
                "series": page.series,
                "subjects": page.subjects,
                "datasets": page.datasets,
                "instances": page.instances,
                "bytes": page.bytes,
                "facets": {f.name: {v.value: v.count for v in f.values} for f in shown},
            }
        )
        return
    print(
        f"{page.series:,} series, {page.subjects:,} subjects, {page.datasets:,} datasets, "
        f"{page.instances:,} files, {output.size(page.bytes)}"
    )
    for facet in shown if page.series else ():
        values = facet.values if grouped else facet.values[:8]
        output.table([[v.value or "not stated", v.label, output.number(v.count)] for v in values],
                     [facet.label, "", "series"], right=["series"])  # fmt: skip


def select(
    facets: dict[str, list[str]],
    out: str = typer.Option(
        ..., "--output", "-o", metavar="FILE", help="Where to write; - is stdout."
    ),
    text: str = TEXT,
    age_min: float = AGE_MIN,
    age_max: float = AGE_MAX,
    where: str = WHERE,
    timeout: float = typer.Option(
        600.0, "--timeout", min=0.1, max=3600, help="Seconds it may take."
    ),
    dry_run: bool = typer.Option(False, "--dry-run", help="Print the totals, write nothing."),
    json: bool = JSON,
) -> None:
    """Write a subset manifest: DOIs, licences, bytes and one line a series."""
    from dataclasses import replace
    from pathlib import Path

    from catalog import subset
    from catalog.cohort import checked_where, condition
    from catalog.duck import connect, limited
    from catalog.home import current_release, home
    from catalog.release import CATALOGUE, read_info

    question = _question(facets, text, age_min, age_max, where)
    if not out:
        raise UsageError("no file is named", do="Give -o FILE, or -o - for stdout")
    folder = current_release(home())
    info = read_info(folder)
    connection = connect(folder / CATALOGUE)
    with limited(connection, timeout):
        checked = question = resolved(connection, question)
        if question.where is not None:
            checked = replace(question, where=checked_where(connection, question.where))
        sql, parameters = condition(checked)
        if dry_run:
            totals, parts = subset.summary(connection, sql, parameters)
            written: dict[str, Any] = {
                **totals,
                "dois": sorted({p["doi"] for p in parts if p["doi"]}),
            }
        elif out == "-":
            subset.write(connection, info, question, sql, parameters, sys.stdout)
            return
        else:
            result = subset.write_file(connection, info, question, sql, parameters, Path(out))
            written = {name: getattr(result, name) for name in result.__slots__}
    if json:
        output.as_json({"file": None if dry_run else out, **written})
        return
    print(
        f"{'would select' if dry_run else out + ':'} {written['series']:,} series, "
        f"{written['subjects']:,} subjects, {written['instances']:,} files, "
        f"{output.size(written['bytes'])}, {len(written['dois'])} DOIs to cite"
    )


def query(
    sql: str = typer.Argument(..., help="One SELECT on the release's tables (DuckDB SQL)."),
    limit: int = typer.Option(100, "--limit", min=1, help="Print at most this many rows."),
    timeout: float = TIMEOUT,
    json: bool = JSON,
) -> None:
    """Ask the current release in SQL, read-only."""
    from catalog.duck import connect, limited
    from catalog.home import current_release, home
    from catalog.release import CATALOGUE

    connection = connect(current_release(home()) / CATALOGUE)
    with limited(connection, timeout):
        if len(connection.extract_statements(sql)) != 1:
            raise UsageError("give one SQL statement", do="Example: SELECT count(*) FROM series")
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description or []]
        if json and len(set(names)) < len(names):
            raise UsageError("two columns share a name", do="Name each: SELECT a AS one, b AS two")
        rows = cursor.fetchmany(limit + 1)
    if json:
        output.as_json([dict(zip(names, row, strict=True)) for row in rows[:limit]])
    else:
        output.table(rows[:limit], names)
    if len(rows) > limit:
        output.say(f"only the first {limit:,} rows are shown; --limit shows more")


def _question(
    facets: dict[str, list[str]],
    text: str,
    age_min: float | None,
    age_max: float | None,
    where: str | None,
) -> Query:
    from catalog.facets import Query

    if age_min is not None and age_max is not None and age_min > age_max:
        raise UsageError(f"no age lies from {age_min:g} to {age_max:g}", do="Swap the two")
    return Query(
        text=" ".join(text.split()),
        filters=tuple((name, tuple(dict.fromkeys(values))) for name, values in facets.items()),
        age_min=age_min,
        age_max=age_max,
        where=where,
    )
