"""Commands of the maintainer: demo, refresh, publish, serve, releases."""

from __future__ import annotations

import typer

from catalog.cli import output
from catalog.cli.options import JSON
from schemas.errors import ReleaseError, UsageError

SET = typer.Option(
    [],
    "--set",
    metavar="KEY.NAME=VALUE",
    help="Change a source for this run: idc.base_url=FOLDER, a mirror, a rate.",
)
OFFLINE = typer.Option(
    False,
    "--offline",
    envvar="FAIRSCAN_OFFLINE",
    help="Ask no repository: packaged snapshots and installed indexes only.",
)
SOURCES = typer.Argument(None, metavar="[SOURCE]...", help="All if none is named.")
HOST = typer.Option("127.0.0.1", "--host", help="Address to listen on.")
PORT = typer.Option(8001, "--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command()(demo)
    app.command()(refresh)
    app.command()(publish)
    app.command()(serve)
    group = typer.Typer(help="List, verify and remove releases.", no_args_is_help=True)
    group.command("list")(list_releases)
    group.command("verify")(verify)
    group.command("prune")(prune)
    app.add_typer(group, name="releases")


def demo(host: str = HOST, port: int = PORT) -> None:
    """Build the embedded catalogue if it is not there yet, and serve it."""
    from catalog.home import home
    from catalog.refresh import refresh as run
    from catalog.settings import settings

    try:
        run(home(), [], output.say, settings=settings(), offline=True)
    except ReleaseError as error:
        output.say(f"not refreshed, serving what there is: {error}")
    serve(host, port)


def refresh(
    sources: list[str] = SOURCES,
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what would be done, do nothing."),
    full: bool = typer.Option(False, "--full", help="Harvest even what has not changed."),
    accept_shrink: bool = typer.Option(
        False, "--accept-shrink", help="Let a source through that came back much smaller."
    ),
    offline: bool = OFFLINE,
    changed: list[str] = SET,
    json: bool = JSON,
) -> None:
    """Harvest the sources and publish a release if anything changed."""
    from catalog.home import home
    from catalog.refresh import plan
    from catalog.refresh import refresh as run
    from catalog.settings import settings

    set_ = settings(changed)
    if accept_shrink and not sources:
        raise UsageError("--accept-shrink without a source", do="Name the source that may shrink")
    if dry_run:
        rows = plan(home(), sources or [], set_, offline=offline)
        if json:
            output.as_json(rows)
        else:
            output.table([[r["source"], r["would"], r["last"]] for r in rows],
                         ["source", "would", "last harvest"])  # fmt: skip
            for row in rows:
                for line in row["asks"]:
                    print(f"{row['source']}: {line}")
        if any(row["would"].startswith("fail") for row in rows):
            raise typer.Exit(1)
        return
    result = run(
        home(), sources or [], output.say, settings=set_, full=full,
        accept_shrink=accept_shrink, offline=offline,
    )  # fmt: skip
    from catalog.report import in_words, report

    told = report(home(), result)
    if json:
        output.as_json(
            {"state": result.state, "release": result.release, "report": told, "runs": result.runs}
        )
    else:
        print(*in_words(told), sep="\n")
        if result.release:
            print(f"release {result.release}")
        else:
            print("nothing changed" if result.state == "ok" else "nothing published", end="")
            print(": the current release stays as it is")
    if result.state != "ok":
        raise typer.Exit(1 if result.state == "failed" else 3)


def publish(
    release: str = typer.Argument(None, metavar="[RELEASE]", help="The newest whole one if none."),
    json: bool = JSON,
) -> None:
    """Verify a release and make it the current one: to go back, or forward again."""
    from catalog.home import home, locked, point_current
    from catalog.release import find, releases
    from catalog.release import verify as check

    place = home()
    if release is None:
        newest = next(releases(place), None)
        if newest is None:
            raise ReleaseError(
                "there is no release yet", where=str(place.root), do="Run: fairscan refresh"
            )
        folder = newest[0]
    else:
        folder = find(place, release)
    info = check(folder)
    with locked(place, "publish"):
        point_current(place, folder)
    if json:
        output.as_json({"release": info.id, "counts": info.counts})
    else:
        print(f"release {info.id} is whole and now current")


def serve(host: str = HOST, port: int = PORT) -> None:
    """Serve the current release as a site; a newer one takes over by itself."""
    from catalog.home import home
    from catalog.serve import serve as run

    run(home(), host, port, output.say)


def list_releases(json: bool = JSON) -> None:
    """List the releases, newest first."""
    from catalog.home import home
    from catalog.release import read_info, releases

    rows = []
    for folder, current in releases(home()):
        try:
            rows.append((read_info(folder), current))
        except ReleaseError as error:
            output.say(f"{folder.name}: {error}")
    if json:
        output.as_json(
            [{"release": i.id, "current": c, "created": i.created, **i.counts} for i, c in rows]
        )
        return
    output.table(
        [
            [i.id, "current" if c else "", output.number(i.counts["datasets"]),
             output.number(i.counts["series"]),
             output.size(sum(f["bytes"] for f in i.files.values()))]
            for i, c in rows
        ],
        ["release", "", "datasets", "series", "on disk"],
        right=["datasets", "series", "on disk"],
    )  # fmt: skip


def verify(
    release: str = typer.Argument(None, metavar="[RELEASE]", help="The current one if none."),
    json: bool = JSON,
) -> None:
    """Compare every file of a release with its checksum."""
    from catalog.home import home
    from catalog.release import find
    from catalog.release import verify as check

    info = check(find(home(), release))
    if json:
        output.as_json({"release": info.id, "whole": True, "files": len(info.files)})
    else:
        print(f"release {info.id} is whole: {len(info.files)} files")


def prune(
    keep: int = typer.Option(5, "--keep", min=1, help="How many of the newest to keep."),
    json: bool = JSON,
) -> None:
    """Remove old releases; the current one always stays."""
    from catalog.home import home, locked
    from catalog.release import prune as run

    place = home()
    with locked(place, "prune"):
        gone = run(place, keep)
    if json:
        output.as_json({"removed": gone})
    else:
        print(f"removed {len(gone)}: {', '.join(gone)}" if gone else "nothing to remove")
