"""The names of folders and files: looked at for identifiers, and written anew without them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from curation.formats import Unsafe
from curation.phi import Kind, Span, Style
from curation.phi.find import find
from curation.phi.pseudonym import is_pseudonym
from schemas.finding import Severity

if TYPE_CHECKING:
    from curation.formats.act import Act
    from curation.formats.look import Look
    from curation.phi.known import Known

_RULE = "45 CFR 164.514(b)(2)(i)"
_ENTITY = re.compile(r"([a-z][A-Za-z0-9]{0,30})-(.+)")
_BIDS = re.compile(r"(?:sub|ses)-[^_/]+(?:_.*)?")
_SUFFIX = re.compile(
    r"(?i)(?:\.(?:nii|tar|ome|csv|tsv|json|xml|dcm|svs|txt))?\.(?:dcm|dicom|ima|nii|gz|bz2|xz|zst|zip|7z|tar"
    r"|tgz|jsonl?|ndjson|tsv|csv|txt|md|rst|log|pdf|png|jpe?g|jp2|tiff?|bmp|gif|svs|xml|html?|ya?ml|bvals?"
    r"|bvecs?|hdr|img|mat|edf|bdf|set|fdt|vhdr|vmrk|eeg|fif|nrrd|nhdr|mha|mhd|raw|mgz|mnc|par|rec"
    r"|docx?|xlsx?|pptx?|rtf|db|sqlite|py|r|sh|toml|ini|cfg|npy|npz|h5|hdf5|parquet|gii|stl|obj|vtk)$"
)
_UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\\\ud800-\udfff\u200b-\u200f\u202a-\u202e\ufeff]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)
_OURS = re.compile(r"(?<![A-Z0-9])FS-?[A-Z2-7]{10}(?![A-Z0-9])")
"""A pseudonym of `Mapping.patient`, of which ten letters in a row may read as a name."""
_LONGEST = 200
_SMALL = 1 << 14


def inspect_path(name: str, look: Look, seen: set[str] | None = None) -> None:
    """Report the parts of a path that identify a person, each with `where` = `filename`.

    `seen` remembers folders: with the same set, a folder is reported for its first file only.
    """
    folder = ""
    parts = name.split("/")
    for part in parts[:-1]:
        folder += part + "/"
        if seen is not None and folder in seen:
            continue
        if inspect_part(part, "filename", look) and seen is not None:
            seen.add(folder)
    inspect_part(parts[-1], "filename", look)


def inspect_part(part: str, where: str, look: Look) -> bool:
    """Report one part of a path if it identifies a person; whether it did.

    A date alone may have been shifted, and is an observation only.
    """
    judged = _judge(part)
    if judged is None:
        return False
    sure, kind, value = judged
    likely = Severity.INFO if kind is Kind.DATE else Severity.WARNING
    severity = Severity.ERROR if sure else likely
    message = f"A file or folder is named with what reads as {kind}; rename it"
    look.found("file-name", severity, where, _RULE, message, kind=kind, value=value)
    return True


@lru_cache(_SMALL)
def _judge(part: str) -> tuple[bool, Kind, str] | None:
    """How sure, of what kind and what, for the worst identifier of a part of a path."""
    spans = _spans(part.rstrip("!"))
    if not spans:
        return None
    worst = min(spans, key=lambda s: (not s.sure, s.kind is Kind.DATE))
    return worst.sure, worst.kind, part[worst.start : worst.end]


def _blank(found: re.Match[str]) -> str:
    return "_" * len(found.group())


def _spans(part: str) -> list[Span]:
    """The identifiers in a part of a path, less ids that trials give (`PAT_00001`)."""
    return [
        span
        for span in find(_OURS.sub(_blank, part), Style.PATH)
        if span.kind is not Kind.ID
        or not is_pseudonym(part[span.start : span.end], Style.IDENTIFIER)
    ]


def patient_of(name: str) -> str | None:
    """The participant's label in a path as BIDS lays it out (`sub-<label>`), without `sub-`."""
    for part in re.split(r"[/_]", name):
        if part.startswith("sub-") and len(part) > len("sub-"):
            return part[len("sub-") :]
    return None


def participant(label: str, act: Act) -> str:
    """What stands for a participant's label, with or without its `sub-`, in names and tables.

    A pseudonym stays. BIDS allows letters and digits in a label, and no more.
    """
    bare = label.removeprefix("sub-")
    if is_pseudonym(bare, Style.IDENTIFIER) and not _speaks(bare, act.known):
        return label
    return label[: len(label) - len(bare)] + act.patient(bare).replace("-", "")


def clean_path(name: str, act: Act, known: Known) -> str:
    """The path under which a file is written: parts that identify are replaced, others stay.

    What replaces a part is computed with the key from the part alone, so that a name is replaced
    alike wherever it stands, and two names never become one. Raises Unsafe for a path that leaves
    its folder.
    """
    parts = name.split("/")
    if name.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise Unsafe("a path that is absolute or leaves its folder")
    folders = [_clean(part, act, known, folder=True) for part in parts[:-1]]
    return "/".join([*folders, _clean(parts[-1], act, known, folder=False)])


def _clean(part: str, act: Act, known: Known, *, folder: bool) -> str:
    inside = part.endswith("!") and len(part) > 1
    bare = part[:-1] if inside else part
    suffix = "" if folder and not inside else _suffix(bare)
    stem = bare[: len(bare) - len(suffix)]
    if _BIDS.fullmatch(stem):
        new = "_".join(_clean_entity(entity, act, known) for entity in stem.split("_"))
    elif not _speaks(stem, known):
        new = stem
    elif folder:
        new = act.patient(stem)
    else:
        new = act.mapping.identifier("file name", stem)
        act.pseudonyms.add(("file name", stem, new))
    return _fit(new + suffix, act) + ("!" if inside else "")


def _clean_entity(entity: str, act: Act, known: Known) -> str:
    found = _ENTITY.fullmatch(entity)
    if found is None:
        return act.mapping.identifier("file name", entity) if _speaks(entity, known) else entity
    key, label = found.groups()
    if key == "sub":
        return "sub-" + participant(label, act)
    return f"{key}-{act.mapping.identifier(key, label)}" if _speaks(label, known) else entity


def _speaks(text: str, known: Known) -> bool:
    """Whether a part of a path says who somebody is, by itself or by what is known of them."""
    return bool(_spans(text)) or bool(known.spans(text))


def _suffix(name: str) -> str:
    """The ending that says what a file is, up to two parts; never a part that could be a name."""
    found = _SUFFIX.search(name)
    return found[0] if found and found.start() > 0 else ""


def _fit(part: str, act: Act) -> str:
    """The part with characters, length and words that every file system takes.

    A part that had to change gets a few letters computed from it, so that no two become one.
    """
    fit = _UNFIT.sub("_", part).rstrip(". ")
    if _RESERVED.fullmatch(fit):
        fit = "_" + fit
    if len(fit.encode("utf-8", "replace")) > _LONGEST:
        suffix = _suffix(fit)
        fit = fit.encode("utf-8", "replace")[: _LONGEST - 40].decode("utf-8", "ignore") + suffix
    if fit == part:
        return part
    suffix = _suffix(fit)
    mark = act.mapping.identifier("unfit name", part, 8)
    return f"{fit[: len(fit) - len(suffix)]}~{mark}{suffix}"
