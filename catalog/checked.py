"""What was found in samples of datasets' files: kept until they are sampled again, and released.

Of each dataset the last sample is kept, `checked/<source>/<id>.json` with what a release tells of
it, and every finding beside it as Parquet. The next release takes them in; one that is out
already does not change.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.home import Home, sync_folder, write_whole
from catalog.sampled import Sampled
from curation.policy import Action, Policy
from schemas.arrow import schema_of
from schemas.errors import ReleaseError
from schemas.file_finding import FileFinding
from schemas.finding import Finding, Severity

if TYPE_CHECKING:
    import duckdb

    from curation.profiles import Profile

CHECKED = pa.schema(
    [
        ("dataset_id", pa.string()), ("release", pa.string()),
        ("time", pa.timestamp("us", tz="UTC")), ("asked", pa.int64()), ("read", pa.int64()),
        ("failed", pa.int64()), ("bytes", pa.int64()), ("affected", pa.int64()),
        ("blocker", pa.int64()), ("error", pa.int64()), ("warning", pa.int64()),
        ("info", pa.int64()), ("profile", pa.string()), ("tool_version", pa.string()),
    ]
)  # fmt: skip
"""One row a dataset. affected: files with more than an observation; severities: findings."""
DETAILS = pa.schema(
    [(name, pa.string()) for name in
     ("check", "severity", "file", "where", "rule", "message", "kind", "evidence")]
    + [("frame", pa.int64()), ("bbox", pa.list_(pa.int64()))]
)  # fmt: skip
_WITHHELD = pa.schema([("dataset_id", pa.string()), ("check_id", pa.string())])
PREFIX = "file-"
"""The ids of checks of files begin so in a release, where those of records stand beside them."""
_VERSION = 1
_SHOWN = 200
"""Groups of findings of one dataset that a release tells, the worst first."""
_REASONS = 20
_LONGEST = 120
_RANK = list(reversed(Severity))


def keep(place: Home, sampled: Sampled, profile: Profile) -> Path:
    """Put the result of a sample in the place of the last one; returns its file.

    Raises:
        OSError: if it cannot be written.
    """
    path = _path(place, sampled.dataset_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    details = path.with_suffix(".parquet")
    new = details.with_name(f".{details.name}.new")
    rows = [
        {**finding.as_dict(), "severity": str(finding.severity)} for finding in sampled.findings
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=DETAILS), new, compression="zstd")
    sync_folder(new)
    new.replace(details)
    write_whole(path, json.dumps(_result(sampled, profile), indent=1, ensure_ascii=False) + "\n")
    sync_folder(path.parent)
    return path


def _result(sampled: Sampled, profile: Profile) -> dict[str, Any]:
    counts = Counter(finding.severity for finding in sampled.findings)
    return {
        "version": _VERSION,
        "dataset_id": sampled.dataset_id,
        "release": sampled.release,
        "seed": sampled.seed,
        "time": sampled.time.isoformat(timespec="seconds"),
        "asked": sampled.asked,
        "read": sampled.read,
        "failed": len(sampled.failed),
        "reasons": [{"file": file, "reason": why} for file, why in sampled.failed[:_REASONS]],
        "bytes": sampled.bytes,
        "requests": sampled.requests,
        "affected": len({f.file for f in sampled.findings if f.severity is not Severity.INFO}),
        **{str(severity): counts[severity] for severity in _RANK},
        "profile": f"{profile.name} {profile.version}",
        "tool_version": importlib.metadata.version("fairscan"),
        "findings": _grouped(sampled.findings),
    }


def _grouped(findings: Iterable[FileFinding]) -> list[dict[str, Any]]:
    """Findings alike but for the file: in how many files each is, the worst and widest first."""
    groups: dict[tuple[Any, ...], list[FileFinding]] = {}
    for finding in findings:
        place = re.sub(r"\[\d+\]", "[]", finding.where or "")
        key = (finding.check, finding.severity, place or None, finding.kind, finding.rule)
        groups.setdefault(key, []).append(finding)
    rows = [
        {
            "check": check,
            "severity": str(severity),
            "field": place,
            "kind": kind,
            "rule": rule,
            "message": group[0].message,
            "evidence": Counter(finding.evidence for finding in group).most_common(1)[0][0],
            "affected": len({finding.file for finding in group}),
        }
        for (check, severity, place, kind, rule), group in groups.items()
    ]
    rows.sort(key=lambda row: (_RANK.index(row["severity"]), -row["affected"], str(row["field"])))
    return rows[:_SHOWN]


def kept(place: Home) -> dict[str, dict[str, Any]]:
    """The last result of each dataset that was ever sampled, by its id.

    Raises:
        ReleaseError: if a file is not what fairscan wrote.
    """
    found = {}
    for path in sorted((place.root / "checked").glob("*/*.json")):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            if told["version"] != _VERSION or _path(place, told["dataset_id"]) != path:
                raise ValueError("another version, or another dataset")
        except (ValueError, KeyError, TypeError) as error:
            raise ReleaseError(
                f"not what fairscan wrote: {error}", where=str(path), do="Remove it"
            ) from error
        found[told["dataset_id"]] = told
    return found


def digest(results: Mapping[str, dict[str, Any]]) -> str | None:
    """A fingerprint of the results, None if there are none."""
    if not results:
        return None
    return hashlib.sha256(json.dumps(results, sort_keys=True).encode()).hexdigest()


def findings(results: Iterable[Mapping[str, Any]], policy: Policy) -> pa.Table:
    """What was found in files, as the table `findings` has it, with what the policy does."""
    rows = []
    for told in results:
        for one in told["findings"]:
            parts = (told["dataset_id"], one["check"], one["severity"], one["field"], one["kind"])
            name = "\x1f".join(map(str, (*parts, one["rule"])))
            rows.append(
                {
                    "id": hashlib.sha256(name.encode()).hexdigest()[:16],
                    "dataset_id": told["dataset_id"],
                    "subject_kind": "file",
                    "check_id": PREFIX + one["check"],
                    "severity": one["severity"],
                    "field": one["field"],
                    "message": one["message"],
                    "evidence": one["evidence"],
                    "affected": one["affected"],
                    "action": policy.on_file(Severity(one["severity"])).action,
                    "reference": one["rule"],
                    "tool_version": told["tool_version"],
                    "time": datetime.fromisoformat(told["time"]),
                }
            )
    return pa.Table.from_pylist(rows, schema=schema_of(Finding))


def withheld(found: pa.Table) -> pa.Table:
    """The datasets that findings in files withhold, as the table `withheld` has them."""
    rows = [
        (row["dataset_id"], row["check_id"])
        for row in found.to_pylist()
        if row["action"] == Action.WITHHOLD
    ]
    told = [{"dataset_id": one, "check_id": check} for one, check in dict.fromkeys(rows)]
    return pa.Table.from_pylist(told, schema=_WITHHELD)


def write(
    connection: duckdb.DuckDBPyConnection, results: Sequence[Mapping[str, Any]], policy: Policy
) -> None:
    """Write the table `checked` of a release, and to `checks` what its `findings` in files need.

    A dataset that the release does not publish is not told of.
    """
    rows = [
        {name: told[name] for name in CHECKED.names}
        | {"time": datetime.fromisoformat(told["time"])}
        for told in results
    ]
    connection.register("_arrow", pa.Table.from_pylist(rows, schema=CHECKED))
    connection.execute(
        "CREATE TABLE checked AS FROM _arrow SEMI JOIN datasets ON id = dataset_id ORDER BY 1"
    )
    connection.unregister("_arrow")
    found = connection.execute(
        "SELECT check_id, severity, min(reference) FROM findings "
        "WHERE subject_kind = 'file' GROUP BY ALL"
    ).fetchall()
    for name, severity, reference in sorted(
        found, key=lambda row: _RANK.index(row[1]), reverse=True
    ):
        rule = policy.on_file(Severity(severity))
        words = name.removeprefix(PREFIX).replace("-", " ")
        told = {
            "check_id": name,
            "title": f"{words[:1].upper()}{words[1:]}, in files",
            "severity": severity,
            "explanation": "Seen in a sample of the files themselves.",
            "reference": reference,
            "action": str(rule.action),
            "why": rule.why,
        }
        connection.execute("DELETE FROM checks WHERE check_id = ?", [name])
        connection.execute(
            f"INSERT INTO checks ({', '.join(told)}) VALUES ({', '.join('?' * len(told))})",
            list(told.values()),
        )


def _path(place: Home, dataset_id: str) -> Path:
    """Where the result of a dataset is kept; its id may hold what no name of a file may."""
    source, _, local = dataset_id.partition(":")
    name = quote(local, safe="")
    if len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}-{hashlib.sha256(local.encode()).hexdigest()[:16]}"
    return place.root / "checked" / source / f"{name}.json"
