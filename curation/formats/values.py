"""One value of a named field, judged and cleaned by the same rules: JSON, tables, forms."""

from __future__ import annotations

import re
from functools import lru_cache

from curation.formats.act import Act
from curation.formats.dates import BIDS_EARLIER, NoDate, Spelled, moved
from curation.formats.fields import Field
from curation.formats.look import Look
from curation.formats.paths import clean_path, inspect_part, participant
from curation.phi import Kind, Style
from curation.phi.find import find
from curation.phi.pseudonym import is_pseudonym
from curation.profiles import Profile
from schemas.finding import Severity

_ONE = r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*%?"
_NUMBER = re.compile(rf"[\[(<>]?{_ONE}(?:[,;]{_ONE})*[\])]?")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_NOTHING = re.compile(
    r"(?i)[\W_]*(?:(?:n/?a|nan|none|null|nil|unk(?:nown)?|unspecified|undefined|missing|yes|no|[ynmf]"
    r"|true|false|male|female|other|self|x{3,}|blank|empty|test|anon"
    r"|not[ _](?:available|applicable|known|provided|recorded)"
    r"|(?:\w{0,20}[\W_])?(?:removed|redacted|masked|withheld|hidden)"
    r"|(?:\w{0,20}[\W_]?)?(?:anonym\w{0,8}|de[\W_]?identif\w{0,8}|pseudonym\w{0,8}))"
    r"[\W_]{0,2}\d{0,4})?[\W_]*"
)
_CODED_PLACE = re.compile(
    r"(?i)(?:site|cent(?:er|re)|hospital|institution|clinic|facility)?[\W_]*(?:[a-z]|\d{1,4})"
)
_SERIAL = re.compile(r"[^\W\d_]{0,8}[\W_]{0,2}\d{4,}\w{0,4}")
_UID = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*)){3,}")
_WELL_KNOWN = "1.2.840.10008."
_AGE = re.compile(r"0*(\d{1,3})(?:\.\d+)?\s*(?:Y|y|years?|yo|y/o)?\.?")
_LIMIT, _OLDEST = 89, 125
_SHORT, _WORDS = 80, 5
_DIGITS_OF_RECORD, _DIGITS_OF_PHONE, _DIGITS_OF_POSTCODE = 5, 6, 4


@lru_cache(1 << 14)
def is_nothing(text: str) -> bool:
    """Whether a value is empty, a plain answer, or words that stand in the place of a value."""
    return len(text) <= _SHORT and bool(_NOTHING.fullmatch(text))


def style_of(text: str) -> Style:
    """Short texts are read as descriptions, long ones as prose."""
    return Style.PHRASE if len(text) <= _SHORT else Style.PROSE


def _style(field: Field, text: str) -> Style:
    """Words of the technique are read as such, unless there are so many that they are a text."""
    technical = field.role == "technical" and text.count(" ") < _WORDS
    return Style.TECHNICAL if technical else style_of(text)


def kept_by(profile: Profile, field: Field) -> bool:
    """Whether the profile lets the values of this attribute through as they are."""
    return field.tag is not None and field.role != "age" and profile.code(field.tag) == "K"


def inspect_value(
    field: Field, value: str, where: str, look: Look, *, bids: bool = False, dates: bool = True
) -> Severity | None:
    """Report what a value that stands in this field says of a person; how bad it is, if it is.

    With `dates` false, a date that is only an observation is not reported again.
    """
    text = value.strip()
    if is_nothing(text):
        return None
    field = _seen_as(field, text)
    role = field.role
    if role in BY_ROLE:
        if kept_by(look.profile, field) or not identifies(field, text):
            return None
        severity = Severity.WARNING if role == "device" else Severity.ERROR
        kind = field.kind or Kind.UNKNOWN
        look.identity(kind, text)
        message = f"A field holds {BY_ROLE[role]}; remove it or de-identify the file"
        look.found("identity-field", severity, where, field.rule, message, kind=kind, value=text)
        return severity
    if role in ("date", "moment"):
        return _inspect_date(field, text, where, look, bids=bids, dates=dates)
    if role == "age":
        return _inspect_age(field, text, where, look)
    if role in ("time", "uid", "public") or is_number(text):
        return None
    if role == "path":
        return _said(inspect_path_value(text, where, look))
    style = _style(field, text)
    return _said(look.text(text, where, style, rule=field.rule if field.tag else "free text"))


BY_ROLE = {
    "person": "the name of a person",
    "patient": "a patient's identifier as a hospital writes it",
    "record": "a patient's record number",
    "participant": "a participant's label that is no pseudonym",
    "identifier": "an identifier, address or contact",
    "institution": "a place of care",
    "device": "the identifier of a device",
    "birth": "a date of birth",
}


def identifies(field: Field, text: str) -> bool:
    """Whether the value is what the field's name promises, and not a stand-in for it."""
    role, kind = field.role, field.kind
    digits = sum(c.isdigit() for c in text)
    if role == "person":
        return bool(_LETTERS.search(text)) and not is_pseudonym(text, Style.PERSON)
    if role == "birth":
        try:
            read = Spelled(text)
        except NoDate:
            return False
        return read.full and not read.dummy
    if role == "institution":
        return bool(_LETTERS.search(text)) and not _CODED_PLACE.fullmatch(text)
    if role == "device":
        return bool(_SERIAL.fullmatch(text)) or not is_pseudonym(text, Style.IDENTIFIER)
    if role == "record" and text.isdigit():
        return digits >= _DIGITS_OF_RECORD
    if role == "identifier" and kind is Kind.ID and _SERIAL.fullmatch(text):
        return digits >= _DIGITS_OF_RECORD and text.strip("0") != ""
    if kind is Kind.EMAIL:
        return "@" in text
    if kind is Kind.PHONE:
        return digits >= _DIGITS_OF_PHONE
    if kind is Kind.ADDRESS:
        return bool(_LETTERS.search(text)) or digits >= _DIGITS_OF_POSTCODE
    if role == "participant":
        text = text.removeprefix("sub-")
    return not is_pseudonym(text, Style.IDENTIFIER)


def _seen_as(field: Field, text: str) -> Field:
    """The field, or a date's where nothing is known of it and its value is a whole date."""
    if field.role not in ("unknown", "text") or not text[:1].isdigit() or len(text) > _SHORT:
        return field
    try:
        read = Spelled(text)
    except NoDate:
        return field
    return Field("date", Kind.DATE, field.tag) if read.full and read.order != "compact" else field


def is_number(text: str) -> bool:
    """Whether a value is a number, or numbers between commas."""
    return _NUMBER.fullmatch(text) is not None


def inspect_path_value(text: str, where: str, look: Look) -> bool:
    """Report the first part of a path that identifies."""
    return any(inspect_part(part, where, look) for part in re.split(r"[\\/]+", text) if part)


def _inspect_date(
    field: Field, text: str, where: str, look: Look, *, bids: bool, dates: bool
) -> Severity | None:
    try:
        read = Spelled(text)
    except NoDate:
        if is_number(text):
            return None
        return _said(look.text(text, where, style_of(text), rule=field.rule))
    if look.profile.dates == "keep" or not read.full or read.dummy or (bids and read.early):
        return None
    if look.profile.dates in ("remove", "year"):
        severity, message = Severity.WARNING, "A full date stands where the profile leaves none"
    elif field.role == "moment" and bids:
        severity = Severity.WARNING
        message = "A sidecar holds a day and time that anonymised sidecars do not have"
    else:
        severity, message = Severity.INFO, "A full date; make sure that it was shifted"
    if dates or severity is not Severity.INFO:
        kind = Kind.DATE
        look.found("date-field", severity, where, field.rule, message, kind=kind, value=text)
    return severity


def _inspect_age(field: Field, text: str, where: str, look: Look) -> Severity | None:
    found = _AGE.fullmatch(text)
    if not found:
        if is_number(text):
            return None
        return _said(look.text(text, where, style_of(text), rule=field.rule))
    if look.profile.ages == "keep" or not _LIMIT + 1 < int(found[1]) <= _OLDEST:
        return None
    message = "An age over 89; write 90 or above for all of them"
    look.found("age-field", Severity.WARNING, where, field.rule, message, kind=Kind.AGE, value=text)
    return Severity.WARNING


def _said(found: bool) -> Severity | None:
    return Severity.WARNING if found else None


def clean_value(
    field: Field,
    value: str,
    act: Act,
    patient: str,
    *,
    bids: bool = False,
    day_first: bool | None = None,
) -> str | None:
    """The value as the profile lets it through, or None where it does not.

    `patient` is whose value it is, as the source calls them; dates move by that patient's days.
    """
    text = value.strip()
    profile = act.profile
    if is_nothing(text) or kept_by(profile, field) or field.role == "public":
        return value
    field = _seen_as(field, text)
    role = field.role
    if role in ("patient", "record"):
        return _counted(act, "identifier replaced", act.patient(text))
    if role == "participant":
        return _same_or(act, "identifier replaced", text, participant(text, act))
    if role in BY_ROLE:
        return _counted(act, "value removed", None)
    if role in ("date", "moment"):
        days = act.mapping.days(patient) - (BIDS_EARLIER if bids else 0)
        new = moved(text, profile, days, day_first=day_first)
        word = "date generalised" if profile.dates == "year" else "date shifted"
        return _counted(act, "date removed" if new is None else word, new)
    if role == "time":
        return value if profile.dates in ("shift", "keep") else _counted(act, "time removed", None)
    if role == "age":
        return clean_age(value, act, patient)
    if role == "uid":
        return clean_uid(text, act)
    if role == "path":
        return _same_or(act, "path replaced", text, clean_path_value(text, act))
    if field.tag is not None and profile.code(field.tag) in ("X", "Z", "D"):
        return _counted(act, "value removed", None)
    if is_number(text):
        return value
    if role == "technical":
        return act.text(value, _style(field, text), patient)
    if profile.text == "remove":
        return _counted(act, "text removed", None)
    return act.text(value, style_of(text), patient)


def clean_age(value: str, act: Act, patient: str) -> str | None:
    """An age as the profile lets it through; every age over 89 becomes 90."""
    if act.profile.ages == "keep":
        return value
    if act.profile.ages == "remove":
        return _counted(act, "age removed", None)
    found = _AGE.fullmatch(value.strip())
    if found is None:
        return value if is_number(value) else act.text(value, style_of(value), patient)
    if not _LIMIT < int(found[1]) <= _OLDEST:
        return value
    limited = "090Y" if value.strip().endswith("Y") else "90"
    return _counted(act, "age limited", limited)


def clean_uid(text: str, act: Act) -> str | None:
    """A UID's stand-in; what the standard itself defines stays."""
    if act.profile.keep_uids or text.startswith(_WELL_KNOWN):
        return text
    if not _UID.fullmatch(text):
        return text if is_pseudonym(text, Style.IDENTIFIER) else None
    return _counted(act, "uid replaced", act.uid(text))


def clean_path_value(text: str, act: Act) -> str:
    """A path inside a file, its parts named as the output names them."""
    prefix, colon, rest = text.rpartition(":")
    lead = rest[: len(rest) - len(rest.lstrip("./\\"))]
    parts = [part for part in re.split(r"[\\/]+", rest[len(lead) :]) if part]
    if not parts or any(part in (".", "..") for part in parts):
        return text if not find(text, Style.PATH) else ""
    return prefix + colon + lead + clean_path("/".join(parts), act, act.known)


def _counted(act: Act, word: str, new: str | None) -> str | None:
    act.done[word] += 1
    return new


def _same_or(act: Act, word: str, old: str, new: str) -> str:
    if new != old:
        act.done[word] += 1
    return new
