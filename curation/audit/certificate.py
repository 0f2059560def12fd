"""The certificate of a run: one record of the chain in words that can be filed and signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.audit.chain import AuditError, Verified, entries, verify
from curation.reports.placed import placed
from curation.reports.plain import shown, size
from schemas.errors import UsageError
from schemas.finding import Severity

Rows = list[tuple[str, str]]

_LISTED = 12
_LONGEST = 200
LIMITS = (
    "That the check found nothing does not prove that nothing is there: names in free text and"
    " text drawn into images can be missed.",
    "Whether a face can be recognised in a head volume is stated as evidence, never as proof.",
    "Rare facts together can point to one person although each is harmless; whether that is likely"
    " depends on who gets the data, and is for people to judge.",
    "The digests prove that files are those of this run, not that the run was right.",
)
SIGNED_BY = ("Carried out by", "Data protection officer")


@dataclass(frozen=True)
class Certificate:
    """What it says: a page with a title, a sentence and sections of named facts, and an annex."""

    title: str
    says: str
    sections: tuple[tuple[str, Rows], ...]
    annex: tuple[str, Rows]


def write(
    chain: Path, target: Path, *, sequence: int | None = None, key: bytes | None = None
) -> Certificate:
    """Write the certificate of a record (the last, if none is named) as HTML or PDF, by the name.

    The chain is verified first, signatures too where the key is given. Raises AuditError if it is
    damaged or has no such record, UsageError if `target` ends neither in .html nor in .pdf.
    """
    ending = target.suffix.lower()
    if ending not in (".html", ".htm", ".pdf"):
        raise UsageError("a certificate is HTML or PDF", where=target.name, do="Use .html or .pdf")
    found = verify(chain, key=key)
    if not found.whole:
        raise AuditError(
            f"no certificate is made from a damaged audit: {found.why}",
            where=f"{chain}, line {found.bad}",
            do="Keep the file as it is and find out who changed it",
        )
    wanted = found.records if sequence is None else sequence
    entry = next((e for e in entries(chain) if e["sequence"] == wanted), None)
    if entry is None:
        raise AuditError(f"the audit has no record {wanted}", where=str(chain))
    made = certificate(entry, found)
    with placed(target) as file:
        file.write(_html(made) if ending != ".pdf" else _pdf(made))
    return made


def certificate(entry: Mapping[str, Any], chain: Verified) -> Certificate:
    """The certificate of one line of a chain that was verified."""
    run = entry["record"]
    check = run["check"]
    quarantined = sum(run["quarantined"].values())
    says = (
        f"{run['files_read']:,} files were read; {run['files_written']:,} were written with what"
        f" the profile names taken out, and {quarantined:,} were set aside. "
    )
    against, result = _result(run)
    sections = (
        ("The run", _run(run)),
        ("What was done", _done(run)),
        ("Check of the output", _check(check)),
        ("Proof", _proof(entry, chain)),
    )
    title = "Record of a de-identification run" if against else "Certificate of de-identification"
    words = [(shown(subject), shown(sentence)) for subject, sentence in run["profile"]["says"]]
    return Certificate(title, says + result, sections, ("Annex: the profile in words", words))


def _result(run: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether something speaks against calling it a certificate, and the result in a sentence."""
    check = run["check"]
    if not run["complete"]:
        return True, "The run did not end: this is no certificate."
    if check is None:
        return True, "The output was not checked: this is no certificate."
    if check["ended"] is None:
        return True, "The check of the output did not end: this is no certificate."
    counts = check["findings_by_severity"]
    sure = counts.get("error", 0) + counts.get("blocker", 0)
    likely = counts.get("warning", 0)
    unread = check["files_not_read"]
    if sure:
        told = f"A check of the output found {sure:,} identifiers: this is no certificate."
        return True, told
    told = "A check of the output found no identifier"
    if likely:
        told += f", and {likely:,} places that someone must look at"
    if unread:
        told += f"; it could not read {unread:,} files"
    if not check["pixels"]["looked"]:
        told += "; it looked at no pixels"
    return False, f"{told}."


def _run(run: Mapping[str, Any]) -> Rows:
    profile = run["profile"]
    codes = "; ".join(f"{code} {meaning}" for code, meaning in profile["method_codes"])
    return [
        ("Started", run["started"]),
        ("Ended", run["ended"] or "it did not end"),
        ("Carried out by", _cut(run["operator"])),
        ("Software", run["software"]),
        ("Asked for", _cut(" ".join(run["command"]))),
        ("Profile", shown(f"{profile['name']} {profile['version']}: {profile['title']}")),
        ("Standard", shown(f"DICOM PS3.15 Annex E, Table E.1-1 of {profile['edition']}")),
        ("Method codes (DCM)", shown(codes)),
        ("Digest of the profile", profile["digest"]),
    ]


def _done(run: Mapping[str, Any]) -> Rows:
    return [
        ("Files", f"{run['files_read']:,} read; {run['files_written']:,} written"),
        ("Bytes written", size(run["bytes_written"])),
        ("Actions", _list(_most_first(run["actions"])) or "none"),
        ("Regions of pixels hidden", f"{run['regions_hidden']:,}"),
        ("Set aside", _list(_most_first(run["quarantined"])) or "none"),
    ]


def _check(check: Mapping[str, Any] | None) -> Rows:
    if check is None:
        return [("Result", "the output was not checked")]
    rows = [
        ("Checked", f"{check['started']} to {check['ended'] or 'it did not end'}"),
        (
            "Files",
            f"{check['files']:,}: {check['files_clean']:,} without findings,"
            f" {check['files_with_findings']:,} with, {check['files_not_read']:,} not read",
        ),
        ("Findings", _list(_worst_first(check["findings_by_severity"])) or "none"),
    ]
    if check["findings_by_check"]:
        rows.append(("By check", _list(_most_first(check["findings_by_check"]))))
    for what, part in (("Frames", check["pixels"]), ("Head volumes", check["faces"])):
        others = _list(_most_first(part["skipped"]))
        rows.append(
            (what, f"{part['looked']:,} looked at" + (f"; not: {others}" if others else ""))
        )
    return rows


def _proof(entry: Mapping[str, Any], chain: Verified) -> Rows:
    run = entry["record"]
    kept = "kept, sealed" if run["key_kept"] else "not kept: the pseudonyms cannot be made again"
    table = "kept, sealed apart from the key" if run["table_kept"] else "not kept"
    if chain.signed:
        signed = "yes, and verified"
    else:
        signed = "yes, not verified here" if "signature" in entry else "no"
    return [
        ("Record", f"{entry['sequence']} of {chain.records} in a chain that verifies"),
        ("Hash of the record", entry["hash"]),
        ("Hash of the one before", entry["previous"]),
        ("Signed with the key", signed),
        ("Digest of the input", run["input_digest"] or "unknown"),
        ("Digest of the output", run["output_digest"] or "unknown"),
        ("Digest of the file list", run["detail_digest"] or "none"),
        ("Key", f"{run['key_fingerprint']}, {kept}"),
        ("Table that leads back", table),
    ]


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _worst_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [
        (severity, counts[severity]) for severity in reversed(list(Severity)) if severity in counts
    ]


def _list(counts: Sequence[tuple[str, int]]) -> str:
    told = [f"{count:,} {_cut(name)}" for name, count in counts[:_LISTED]]
    if others := counts[_LISTED:]:
        told.append(f"{sum(count for _, count in others):,} of {len(others):,} others")
    return "; ".join(told)


def _cut(text: str) -> str:
    """A text as a page has room for it."""
    text = shown(text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _html(made: Certificate) -> bytes:
    from curation.reports.html import environment

    page = environment().get_template("certificate.html")
    return page.render(made=made, limits=LIMITS, signed_by=SIGNED_BY).encode("utf-8")


def _pdf(made: Certificate) -> bytes:
    from curation.audit.pdf import pdf

    return pdf(made, LIMITS, SIGNED_BY)
