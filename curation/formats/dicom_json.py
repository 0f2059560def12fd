"""Data sets in the DICOM JSON model (PS3.18 Annex F), judged attribute by attribute."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from curation.deidentify.moments import moved_date, moved_datetime, year_date, year_datetime
from curation.formats.fields import Field, attribute_of
from curation.formats.tree import Pairs
from curation.formats.values import clean_age, clean_uid, inspect_value, style_of
from curation.phi import Kind, Style
from curation.profiles import Profile

if TYPE_CHECKING:
    from curation.formats.act import Act
    from curation.formats.look import Look

_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_NAME, _ID = 0x00100010, 0x00100020
_DUMMIES: dict[str, list[Any]] = {
    "AS": ["000Y"],
    "DA": ["19000101"],
    "DS": [0],
    "DT": ["19000101000000"],
    "IS": [0],
    "PN": [{"Alphabetic": "REMOVED"}],
    "TM": ["000000"],
}
_TEXT = frozenset("AE CS LO LT SH ST UC UR UT".split())
_PRINTABLE = re.compile(rb"[\x20-\x7e]{6,2000}")
_BLOB = 1 << 20


def is_dataset(node: Pairs) -> bool:
    """Whether an object of JSON is a data set: tags as keys, each with its `vr`."""
    return bool(node) and all(
        _TAG.fullmatch(name) and isinstance(value, Pairs) and any(k == "vr" for k, _ in value)
        for name, value in node
    )


def inspect_dataset(node: Pairs, where: str, look: Look) -> None:
    """Report what each attribute says of a person; places are paths of tags."""
    for name, element in node:
        tag = int(name, 16)
        place = f"{where}.{name.upper()}" if where else name.upper()
        parts = dict(element)
        vr = str(parts.get("vr"))
        field = attribute_of(tag, vr)
        values = parts.get("Value")
        for number, value in enumerate(values if isinstance(values, list) else []):
            if isinstance(value, Pairs) and vr == "SQ":
                inspect_dataset(value, f"{place}[{number}]", look)
            elif isinstance(value, Pairs):
                for _, group in value:
                    inspect_value(field, str(group), place, look)
            elif isinstance(value, str):
                inspect_value(field, value, place, look)
            elif isinstance(value, int) and field.role not in ("technical", "unknown", "text"):
                inspect_value(field, str(value), place, look)
        if isinstance(uri := parts.get("BulkDataURI"), str):
            look.text(uri, place, Style.TECHNICAL, rule=field.rule)
        for text in _inside(parts.get("InlineBinary")):
            if look.text(text, place, style_of(text), rule=field.rule):
                break


def _inside(encoded: Any) -> list[str]:
    """The printable runs of an inline value, of its first MiB."""
    if not isinstance(encoded, str):
        return []
    try:
        value = base64.b64decode(encoded[: _BLOB * 4 // 3 // 4 * 4])
    except (binascii.Error, ValueError):
        return [encoded]
    return [run.decode("ascii") for run in _PRINTABLE.findall(value)]


def clean_dataset(node: Pairs, act: Act, patient: str) -> dict[str, Any]:
    """The data set as the profile lets it through, by the action for each attribute."""
    own = _first(node, _ID) or _first(node, _NAME) or patient
    kept: dict[str, Any] = {}
    for name, element in node:
        tag = int(name, 16)
        parts = dict(element)
        vr = str(parts.get("vr"))
        new = _clean_element(tag, vr, parts, act, own)
        if new is None:
            act.done["removed"] += 1
        else:
            kept[name] = {"vr": vr, **new}
    return kept


def _clean_element(
    tag: int, vr: str, parts: dict[str, Any], act: Act, patient: str
) -> dict[str, Any] | None:
    profile = act.profile
    if tag in (_ID, _NAME) and profile.code(tag) != "K":
        new = act.patient(patient)
        return {"Value": [{"Alphabetic": new} if vr == "PN" else new]}
    if tag >> 16 & 1:
        return None  # a private attribute: its creator's words are not known to be safe here
    code = profile.code(tag) or profile.unlisted(vr)
    if code == "X":
        return None
    if code == "Z":
        return {}
    values = parts.get("Value")
    if vr == "SQ":
        items = values if isinstance(values, list) else []
        return {"Value": [clean_dataset(v, act, patient) for v in items if isinstance(v, Pairs)]}
    if code == "D":
        return {"Value": _DUMMIES.get(vr, ["REMOVED"])}
    if "InlineBinary" in parts:
        return {"InlineBinary": parts["InlineBinary"]} if vr in ("OW", "OF", "OD", "OL") else None
    if not isinstance(values, list):
        return None if "BulkDataURI" in parts else {}
    new_values = [_clean_value(vr, value, code, act, patient) for value in values]
    return {"Value": new_values} if any(v is not None for v in new_values) else {}


def _clean_value(vr: str, value: Any, code: str, act: Act, patient: str) -> Any:
    """One value, or None where nothing of it may stay."""
    profile = act.profile
    if vr == "PN":
        return dict(value) if code == "K" and isinstance(value, Pairs) else None
    if not isinstance(value, str):
        return value if isinstance(value, int | float) else None
    if vr == "UI":
        return value if code == "K" else clean_uid(value, act)
    if vr in ("DA", "DT", "TM"):
        return value if code == "K" else _moved(vr, value, profile, act.mapping.days(patient))
    if vr == "AS":
        return clean_age(value, act, patient)
    if vr in _TEXT and (code == "C" or vr not in ("CS",)):
        style = Style.TECHNICAL if vr in ("AE", "CS", "SH") else style_of(value)
        return act.text(value, style, patient) or None
    return value


def _moved(vr: str, value: str, profile: Profile, days: int) -> str | None:
    if profile.dates == "remove" or (vr == "TM" and profile.dates == "year"):
        return None
    if vr == "TM":
        return value
    if profile.dates == "year":
        return (year_date(value) if vr == "DA" else year_datetime(value)) or None
    return (moved_date(value, days) if vr == "DA" else moved_datetime(value, days)) or None


def _first(node: Pairs, tag: int) -> str:
    """The first value of an attribute, as text."""
    for name, element in node:
        if int(name, 16) == tag:
            values = dict(element).get("Value")
            if isinstance(values, list) and values:
                value = (
                    dict(values[0]).get("Alphabetic") if isinstance(values[0], Pairs) else values[0]
                )
                return str(value).strip() if value is not None else ""
    return ""


def subject_of(node: Pairs) -> str:
    """The Patient ID of a data set, or ""."""
    return _first(node, _ID)


def identities_of(node: Pairs) -> list[tuple[Field, str]]:
    """The values of its identifying attributes, nested ones too."""
    found: list[tuple[Field, str]] = []
    for name, element in node:
        parts = dict(element)
        field = attribute_of(int(name, 16), str(parts.get("vr")))
        values = parts.get("Value")
        for value in values if isinstance(values, list) else []:
            if isinstance(value, Pairs) and parts.get("vr") == "SQ":
                found += identities_of(value)
            elif isinstance(value, Pairs):
                found += [(field, str(group)) for _, group in value]
            elif isinstance(value, str):
                found.append((field, value))
    return [(field, value) for field, value in found if field.kind not in (None, Kind.AGE)]
