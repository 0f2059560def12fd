"""Puts a profile together from its file and all that it extends, and refuses contradictions."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from curation.profiles.document import Document, read
from curation.profiles.profile import Identifier, Profile
from curation.standard.table import OPTIONS, Attribute, edition, table, unlisted
from schemas.errors import PolicyError, UsageError

_HERE = Path(__file__).parent
_BASIC = "basic"
_MOST_FILES = 64
_UNCLEANABLE = frozenset({"OB", "UN"})
_KEPT_MOST_FIRST = ("K", "C", "U", "D", "Z", "X")


def names() -> list[str]:
    """The profiles that come with fairscan; the options of PS3.15 can be loaded by name too."""
    return sorted(_shipped_names() - set(OPTIONS))


@cache
def _shipped_names() -> frozenset[str]:
    return frozenset(path.stem for path in _HERE.glob("*.toml"))


def load(name_or_path: str | Path) -> Profile:
    """The profile of this name, or in this TOML file, with all that it extends.

    An option alone means the Basic Profile with that option.

    Raises:
        UsageError: if there is no such profile.
        PolicyError: naming the file and the key, if a file is not valid or extends itself, or
            what is put together contradicts itself.
    """
    if str(name_or_path) in _shipped_names():
        return _shipped(str(name_or_path))
    return _profile(_find(str(name_or_path), None))


@cache
def _shipped(name: str) -> Profile:
    return _profile(_HERE / f"{name}.toml")


def _find(name: str, named_by: Path | None) -> Path:
    """The file that `name` means; a relative path counts from the file that names it."""
    if name in _shipped_names():
        return _HERE / f"{name}.toml"
    if name.endswith(".toml"):
        return Path(name) if named_by is None else named_by.parent / name
    error = UsageError if named_by is None else PolicyError
    raise error(
        f"there is no profile {name[:80]!r}",
        where=None if named_by is None else str(named_by),
        do=f"Name one of {', '.join([*names(), *OPTIONS])}, or a file that ends in .toml",
    )


@dataclass
class _Whole:
    """What was put together so far."""

    files: int = 0
    options: set[str] = field(default_factory=set)
    settings: dict[str, str] = field(default_factory=dict)
    attributes: dict[int, str] = field(default_factory=dict)
    keywords: dict[int, str] = field(default_factory=dict)
    identifiers: dict[str, Identifier] = field(default_factory=dict)


def _profile(path: Path) -> Profile:
    whole = _Whole()
    document = _gather(_HERE / f"{_BASIC}.toml", (), whole)
    if path.parent != _HERE or path.stem != _BASIC:
        document = _gather(path, (), whole)
    if document.name in _shipped_names() and path.parent != _HERE:
        document.fail(f"name is {document.name!r}, which fairscan's own has", "Use another name")
    _refuse_contradictions(document, whole)
    rows = {**table(), **unlisted()}
    codes = {tag: _code(row, whole.options, whole.settings) for tag, row in rows.items()}
    deviations = [
        whole.keywords[tag]
        for tag, code in whole.attributes.items()
        if _keeps_more(code, codes.get(tag))
    ]
    codes |= whole.attributes
    return Profile(
        name=document.name,
        version=document.version,
        title=document.title,
        description=document.description,
        edition=edition(),
        digest=_digest(codes, whole.options, whole.settings),
        options=frozenset(whole.options),
        dates=whole.settings["dates"],  # type: ignore[arg-type]  # one of those that are allowed
        ages=whole.settings["ages"],  # type: ignore[arg-type]
        unlisted_text=whole.settings["unlisted"],  # type: ignore[arg-type]
        reidentification=whole.settings["reidentification"],  # type: ignore[arg-type]
        codes=codes,
        keywords={tag: row.keyword for tag, row in rows.items()} | whole.keywords,
        deviations=tuple(sorted(deviations)),
        identifiers=tuple(whole.identifiers[item] for item in sorted(whole.identifiers)),
    )


def _gather(path: Path, open_: tuple[str, ...], whole: _Whole) -> Document:
    """Add a file, after all that it extends, to the whole; what comes later overrides."""
    document = read(path)
    where = os.path.realpath(path)
    if where in open_:
        document.fail("this profile extends itself", "Take it out of extends, here or further on")
    whole.files += 1
    if whole.files > _MOST_FILES:
        document.fail(f"more than {_MOST_FILES} profiles extend each other", "Join some of them")
    for parent in document.extends:
        if parent != _BASIC:  # which is under all of them
            _gather(_find(parent, path), (*open_, where), whole)
    for option in document.without:
        if option not in whole.options:
            document.fail(f"without has {option}, which is not on", "Take it out of without")
        _leave_out(option, whole)
    if document.option is not None:
        whole.options.add(document.option)
    whole.settings |= document.settings
    whole.attributes |= {tag: code for tag, (_, code) in document.attributes.items()}
    whole.keywords |= {tag: keyword for tag, (keyword, _) in document.attributes.items()}
    whole.identifiers |= document.identifiers
    return document


def _leave_out(option: str, whole: _Whole) -> None:
    """Take an option out, with the setting that it brought."""
    whole.options.discard(option)
    if option in ("retain_full_dates", "retain_modified_dates"):
        left = {"retain_full_dates": "keep", "retain_modified_dates": "shift"}
        whole.settings["dates"] = next(
            (dates for other, dates in left.items() if other in whole.options), "remove"
        )
    if option == "retain_patient_characteristics":
        whole.settings["ages"] = "remove"


def _refuse_contradictions(document: Document, whole: _Whole) -> None:
    full = "retain_full_dates" in whole.options
    modified = "retain_modified_dates" in whole.options
    if full and modified:
        document.fail(
            "retain_full_dates and retain_modified_dates are both on, but a date cannot both stay"
            " and move",
            "Extend one of them, or name one in without",
        )
    dates = whole.settings["dates"]
    allowed = ("keep",) if full else ("shift", "year") if modified else ("remove",)
    if dates not in allowed:
        options = "retain_full_dates" if dates == "keep" else "retain_modified_dates"
        document.fail(
            f"settings.dates is {dates}, but the options that are on mean {' or '.join(allowed)}",
            f"Set dates to {' or '.join(allowed)}"
            + ("" if dates == "remove" else f", or extend {options}"),
        )
    ages = whole.settings["ages"]
    if ages != "remove" and "retain_patient_characteristics" not in whole.options:
        document.fail(
            f"settings.ages is {ages}, but without retain_patient_characteristics ages are removed",
            "Extend retain_patient_characteristics, or set ages to remove",
        )


def _code(row: Attribute, options: set[str], settings: Mapping[str, str]) -> str:
    """The code of one attribute: the option's where one is on (C before K), else the Profile's."""
    told = {option: code for option, code in row.options.items() if option in options}
    if row.vr == "TM" and settings["dates"] == "year":
        told.pop("retain_modified_dates", None)
    if row.vr == "AS" and settings["ages"] == "remove":
        told.pop("retain_patient_characteristics", None)
    offered = set(told.values())
    if row.vr in _UNCLEANABLE:
        offered.discard("C")
    if row.vr == "AS" and offered and settings["ages"] == "limit":
        return "C"
    code = next((code for code in ("C", "K") if code in offered), row.basic)
    # A dummy UID that is the same wherever this one stands.
    return "U" if row.vr == "UI" and code == "D" else code


def _keeps_more(code: str, standard: str | None) -> bool:
    """Whether a code leaves more of a value than what the standard's asks for."""
    if standard is None:
        return code == "K"
    offered = {*standard.replace("*", "").split("/"), "D"}  # a dummy keeps nothing
    return all(_KEPT_MOST_FIRST.index(code) < _KEPT_MOST_FIRST.index(own) for own in offered)


def _digest(codes: Mapping[int, str], options: set[str], settings: Mapping[str, str]) -> str:
    """SHA-256 over everything that decides what is done to a file."""
    told = {
        "codes": {f"{tag:08X}": code for tag, code in codes.items()},
        "options": sorted(options),
        "settings": dict(settings),
        "tables": [_table_digest(name) for name in ("e1_1", "private", "types", "sop_classes")],
    }
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


@cache
def _table_digest(name: str) -> str:
    """The digest of a table's rows; what its head says of origin and date does not count."""
    path = _HERE.parent / "standard" / f"{name}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = "\n".join(line for line in lines if not line.startswith("#"))
    return hashlib.sha256(rows.encode("utf-8")).hexdigest()
