"""OpenNeuro's GraphQL server and sitemap over a list of datasets, failing as the real one does.

The contract is OpenNeuro's own schema, executed by graphql-core, so nulls travel as they do there.
Rules of the real server (source of 5.5.1): `first` is clamped to 1..100, cursors are offsets, no
row at all is `datasets: null`, `edges.id` is never set, a worker that fails is an error at
`latestSnapshot`, and a dataset that takes too long is null without an error.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
    validate,
)  # fmt: skip

from harvesters.snapshots import load
from tests.emulators.server import Emulator, Reply, Request, as_json

CONTRACT = Path(__file__).parents[1] / "contracts" / "openneuro.graphql"
RECORDINGS = Path(__file__).parents[1] / "recordings" / "openneuro"
VERSION = "5.5.1"
INTERNAL = "INTERNAL_SERVER_ERROR"

Dataset = dict[str, Any]


class OpenNeuro(Emulator):
    """Serves `datasets`, each shaped as the type Dataset of the contract; may change as it runs.

    broken: ids whose latest snapshot fails with `message`; how often, None for always.
    silent: ids that are null without an error; how often, None for always.
    deleted: ids to the path that they redirect to. private: ids that nobody may read.
    formless: ids whose metadata fails. dead: how many of the next answers are `data: null`.
    count_added: added to the stated total.
    after_page: called with the offset after each page of the list, to change `datasets`.
    told: how often each question was answered, by its name.
    """

    def __init__(self, datasets: list[Dataset]) -> None:
        super().__init__()
        self.datasets = datasets
        self.message = "Not Found"
        self.broken: dict[str, int | None] = {}
        self.silent: dict[str, int | None] = {}
        self.deleted: dict[str, str | None] = {}
        self.private: set[str] = set()
        self.formless: set[str] = set()
        self.dead = 0
        self.count_added = 0
        self.after_page: Callable[[int], None] = lambda _: None
        self.version: str | None = VERSION
        self.told: Counter[str] = Counter()

    def answer(self, request: Request) -> Reply:
        """`POST /crn/graphql` and `GET /sitemap.xml`; anything else is not found."""
        if request.path == "/sitemap.xml":
            return self._sitemap()
        if request.path != "/crn/graphql" or request.method != "POST":
            return Reply(b"<!DOCTYPE html><html></html>", 404, "text/html")
        asked = json.loads(request.body)
        document, problems = _understood(asked["query"])
        if document is None:
            errors = [_formatted(error, "GRAPHQL_VALIDATION_FAILED") for error in problems]
            return self._reply({"errors": errors}, 400)
        self.told[str(document.definitions[0].name.value)] += 1  # type: ignore[attr-defined]
        if self.dead:
            self.dead -= 1
            told = {"message": "fetch failed", "extensions": {"code": INTERNAL}}
            return self._reply({"errors": [told], "data": None})
        done = execute_sync(
            _schema(), document, context_value=self, variable_values=asked.get("variables")
        )
        body: dict[str, Any] = {"data": done.data}
        if done.errors:
            body = {"errors": [_formatted(error, INTERNAL) for error in done.errors], **body}
        return self._reply(body)

    def page(self, first: int, offset: int) -> dict[str, Any] | None:
        """The connection from `offset`; None where there is no row."""
        limit = min(max(first, 1), 100)
        rows = self.datasets[offset : offset + limit]
        total = len(self.datasets) + self.count_added
        self.after_page(offset)
        if not rows:
            return None
        return {
            "edges": [
                {"cursor": _cursor(offset + place), "node": row} for place, row in enumerate(rows)
            ],
            "pageInfo": {
                "hasNextPage": offset + limit < total,
                "hasPreviousPage": offset > 0,
                "startCursor": _cursor(offset),
                "endCursor": _cursor(offset + limit),
                "count": total,
            },
        }

    def find(self, local: str) -> Dataset | None:
        """The dataset of an id, as the server gives it to nobody in particular."""
        if local in self.deleted:
            raise GraphQLError(
                f"Dataset {local} has been deleted. Reason: duplicate.",
                extensions={"code": "DELETED_DATASET", "redirect": self.deleted[local]},
            )
        if local in self.private:
            raise GraphQLError("You do not have access to read this dataset.")
        if self.spent(self.silent, local):
            return None
        for dataset in self.datasets:
            if dataset["id"] == local:
                return dataset
        raise GraphQLError(f"Dataset {local} does not exist.")

    @staticmethod
    def spent(switch: dict[str, int | None], local: str) -> bool:
        """Whether a switch is on for an id; counts down one that is on for a while."""
        left = switch.get(local, 0)
        if left:
            switch[local] = left - 1
        return left is None or left > 0

    def _reply(self, body: dict[str, Any], status: int = 200) -> Reply:
        told = {"extensions": {"openneuro": {"version": self.version}}} if self.version else {}
        return as_json({**body, **told}, status, headers={"Cache-Control": "no-store"})

    def _sitemap(self) -> Reply:
        lines = [
            f"<url><loc>https://openneuro.org/datasets/{dataset['id']}/versions/{tag}</loc>"
            f"<lastmod>{created[:10]}</lastmod></url>"
            for dataset in self.datasets
            for tag, created in dataset.get("versions") or [_latest(dataset)]
        ]
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
            "<url><loc>https://openneuro.org/faq</loc></url>\n" + "\n".join(lines) + "\n</urlset>\n"
        ).encode()
        mark = f'W/"{len(body):x}-{hashlib.sha1(body).hexdigest()[:27]}"'
        return Reply(body, type="application/xml; charset=utf-8", etag=mark)


def packaged(copies: int = 1) -> list[Dataset]:
    """The 1,848 datasets of the packaged snapshot, with subjects made up to their number.

    copies: how often, under other ids.
    """
    snapshot = load("openneuro")
    assert snapshot is not None
    rows = list(snapshot.rows())
    return [_made(row, copy) for copy in range(copies) for row in rows]


def dataset(local: str, tag: str = "1.0.0", **more: Any) -> Dataset:
    """A small dataset; `more` replaces fields of its latest snapshot, or its `metadata`."""
    made = _made({"_id": local, "tag": tag, "modified": "2024-05-06T07:08:09.000Z"}, 0)
    form = more.pop("metadata", None)
    if form is not None:
        made["metadata"] |= form
    for name in ("created", "publishDate"):
        if name in more:
            made[name] = more.pop(name)
    for name, value in more.items():
        old = made["latestSnapshot"].get(name)
        merged = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
        made["latestSnapshot"][name] = merged
    return made


def failing(message: str) -> Callable[..., Any]:
    """A value for a field that fails each time it is asked for."""

    def resolve(_: GraphQLResolveInfo) -> Any:
        raise GraphQLError(message)

    return resolve


def recorded() -> list[Dataset]:
    """The datasets of the recorded answers, the richest form of each."""
    found: dict[str, Dataset] = {}
    batch = json.loads((RECORDINGS / "batch_by_alias.json").read_text(encoding="utf-8"))
    page = json.loads((RECORDINGS / "harvest_page_1.json").read_text(encoding="utf-8"))
    edges = page["data"]["datasets"]["edges"]
    for node in (*batch["data"].values(), *(edge and edge["node"] for edge in edges)):
        if node is not None:
            found[node["id"]] = node
    return list(found.values())


def _made(row: dict[str, Any], copy: int) -> Dataset:
    local = row["_id"] if not copy else f"ds{copy}{row['_id'][2:]}"
    size = round(row.get("gib", 0) * 2**30)
    return {
        "id": local,
        "created": row["modified"],
        "publishDate": f"{row['published']}T00:00:00.000Z" if "published" in row else None,
        "latestSnapshot": {
            "id": f"{local}:{row['tag']}",
            "tag": row["tag"],
            "created": row["modified"],
            "hexsha": hashlib.sha1(f"{local}:{row['tag']}".encode()).hexdigest(),
            "size": size or None,
            "description": {
                "Name": row.get("title") or local,
                "BIDSVersion": "1.8.0",
                "Authors": row.get("authors", []),
                "DatasetDOI": row.get("doi"),
                "License": None,
                "Funding": [],
                "ReferencesAndLinks": [],
            },
            "summary": _summary(row, size) if "modalities" in row or "subjects" in row else None,
            "deprecated": None,
            "related": [],
            "contributors": [],
        },
        "metadata": {
            "datasetId": local,
            "species": row.get("species"),
            "dxStatus": row.get("dx"),
            "associatedPaperDOI": row.get("own"),
            "openneuroPaperDOI": row.get("using"),
        },
    }


def _summary(row: dict[str, Any], size: int) -> dict[str, Any]:
    """A summary with made-up subjects: as many as stated, of the stated sexes."""
    count = row.get("subjects", 0)
    sexes = [sex for sex, number in row.get("sexes", {}).items() for _ in range(number)]
    words = row.get("modalities", [])
    return {
        "modalities": sorted({word.partition("_")[0] for word in words}),
        "secondaryModalities": [word for word in words if "_" in word],
        "subjects": [f"{number + 1:03d}" for number in range(count)],
        "tasks": row.get("tasks", []),
        "size": size,
        "totalFiles": count * 10,
        "subjectMetadata": [
            {"participantId": f"{place + 1:03d}", "age": 20.0 + place % 40, "sex": sex}
            for place, sex in enumerate(sexes)
        ],
        "pet": None,
    }


def _latest(dataset: Dataset) -> tuple[str, str]:
    return dataset["latestSnapshot"]["tag"], dataset["latestSnapshot"]["created"]


@cache
def _schema() -> GraphQLSchema:
    schema = build_schema(CONTRACT.read_text(encoding="utf-8"))
    resolvers: dict[tuple[str, str], Callable[..., Any]] = {
        ("Query", "datasets"): _datasets,
        ("Query", "dataset"): lambda _, info, id: info.context.find(id),
        ("Dataset", "latestSnapshot"): _snapshot,
        ("Dataset", "metadata"): _metadata,
    }
    for (owner, name), resolver in resolvers.items():
        schema.type_map[owner].fields[name].resolve = resolver  # type: ignore[attr-defined]
    return schema


@cache
def _understood(query: str) -> tuple[DocumentNode | None, list[GraphQLError]]:
    """A question as a document, or what is wrong with it."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return None, [error]
    problems = validate(_schema(), document)
    return (None, problems) if problems else (document, [])


def _datasets(
    _: None, info: GraphQLResolveInfo, first: int, after: str | None = None, **__: Any
) -> dict[str, Any] | None:
    offset = json.loads(base64.b64decode(after))["offset"] if after else 0
    server: OpenNeuro = info.context
    return server.page(first, offset)


def _snapshot(dataset: Dataset, info: GraphQLResolveInfo) -> dict[str, Any]:
    server: OpenNeuro = info.context
    if server.spent(server.broken, dataset["id"]):
        raise GraphQLError(server.message)
    found: dict[str, Any] = dataset["latestSnapshot"]
    return found


def _metadata(dataset: Dataset, info: GraphQLResolveInfo) -> dict[str, Any] | None:
    if dataset["id"] in info.context.formless:
        raise TypeError("Cannot read properties of null (reading 'name')")
    return dataset.get("metadata")


def _formatted(error: GraphQLError, code: str) -> dict[str, Any]:
    told: dict[str, Any] = {**error.formatted}
    return {**told, "extensions": {"code": code, **(error.extensions or {})}}


def _cursor(offset: int) -> str:
    return base64.b64encode(json.dumps({"offset": offset}, separators=(",", ":")).encode()).decode()
