"""One profile's TOML file, and the errors that name the file, the key and what is allowed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, get_args

from curation.profiles.profile import Ages, Dates, Identifier, Reidentification, Unlisted
from curation.standard.actions import CODES
from curation.standard.table import OPTIONS, keywords, table
from schemas.errors import PolicyError

_LONGEST = 1 << 20
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,15}")
_ITEM = re.compile(r"[0-9A-Za-z]{1,8}")
_TAG = re.compile(r"[0-9A-F]{8}")
_UNCLEANABLE = frozenset({"OB", "OD", "OF", "OL", "OV", "UN"})

_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "dates": get_args(Dates),
    "ages": get_args(Ages),
    "unlisted": get_args(Unlisted),
    "reidentification": get_args(Reidentification),
}
_FOLLOW = {
    "text": "clean_descriptors",
    "private": "retain_safe_private",
    "pixels": "clean_pixel_data",
    "faces": "clean_recognizable_visual_features",
    "keep_uids": "retain_uids",
}
_KEYS = {
    "name",
    "version",
    "title",
    "description",
    "option",
    "extends",
    "without",
    "settings",
    "attributes",
    "identifiers",
}


@dataclass(frozen=True)
class Document:
    """What one file says. `attributes` has (keyword, code) by tag."""

    path: Path
    name: str
    version: str
    title: str
    description: str
    option: str | None
    extends: tuple[str, ...]
    without: tuple[str, ...]
    settings: Mapping[str, str]
    attributes: Mapping[int, tuple[str, str]]
    identifiers: Mapping[str, Identifier]

    def fail(self, what: str, do: str) -> NoReturn:
        """Raise PolicyError about this file."""
        raise PolicyError(what, where=str(self.path), do=do)


def read(path: Path) -> Document:
    """The profile in a file of at most 1 MiB, by itself.

    Raises:
        PolicyError: naming the file, the key and what is allowed, if it is not valid.
    """
    return _Reader(path).read()


@dataclass(frozen=True)
class _Reader:
    path: Path

    def read(self) -> Document:
        told = self._content()
        self._only(told, _KEYS, "the top")
        for key in ("name", "version", "title", "description"):
            self._words(told.get(key), key)
        self._like(told["name"], _NAME, "name", "lower-case letters, digits, - and _")
        self._like(told["version"], _VERSION, "version", "letters, digits and . _ - (at most 16)")
        extends = self._list(told.get("extends", []), "extends")
        without = self._list(told.get("without", []), "without")
        option = told.get("option")
        for given in [*without, *([] if option is None else [option])]:
            self._among(given, OPTIONS, "option" if given is option else "without")
        settings = self._table(told.get("settings", {}), "settings")
        attributes = self._table(told.get("attributes", {}), "attributes")
        identifiers = self._table(told.get("identifiers", {}), "identifiers")
        return Document(
            path=self.path,
            name=told["name"],
            version=told["version"],
            title=told["title"].strip(),
            description=told["description"].strip(),
            option=option,
            extends=tuple(extends),
            without=tuple(without),
            settings={key: self._setting(key, settings[key]) for key in settings},
            attributes=dict(self._attribute(key, attributes[key]) for key in attributes),
            identifiers={item: self._identifier(item, identifiers[item]) for item in identifiers},
        )

    def _content(self) -> dict[str, Any]:
        try:
            with self.path.open("rb") as file:
                content = file.read(_LONGEST + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise self._error(
                f"the profile cannot be read: {reason}", "Name a readable file"
            ) from error
        if len(content) > _LONGEST:
            raise self._error("the profile is longer than 1 MiB", "Name the file of a profile")
        try:
            return tomllib.loads(content.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise self._error(f"the profile is not TOML: {error}", "Correct that place") from error
        except RecursionError as error:
            raise self._error("the profile is nested too deep", "Write it flat") from error

    def _setting(self, key: str, value: Any) -> str:
        if key in _FOLLOW:
            raise self._error(
                f"settings.{key} cannot be set: it follows the option {_FOLLOW[key]}",
                f"Name {_FOLLOW[key]} in extends, or in without",
            )
        self._only({key: value}, set(_SETTINGS), "settings")
        self._among(value, _SETTINGS[key], f"settings.{key}")
        return str(value)

    def _attribute(self, keyword: str, code: Any) -> tuple[int, tuple[str, str]]:
        tag, vr = self._tag(keyword)
        self._among(code, tuple(CODES), f"attributes.{keyword}")
        if code == "U" and vr not in ("UI", "SQ"):
            raise self._error(
                f"attributes.{keyword} is U, but its VR is {vr or 'unknown'}",
                "U replaces UIDs: use D, Z, X, C or K",
            )
        if code == "C" and vr in _UNCLEANABLE:
            raise self._error(
                f"attributes.{keyword} is C, but its VR is {vr}, which cannot be cleaned",
                "Use D, Z, X or K",
            )
        return tag, (keyword, code)

    def _tag(self, keyword: str) -> tuple[int, str]:
        tag = keywords().get(keyword)
        if tag is not None:
            return tag, table()[tag].vr
        # The dictionary is slow to import, and hardly ever needed.
        from pydicom.datadict import dictionary_has_tag, dictionary_VR, tag_for_keyword

        number = int(keyword, 16) if _TAG.fullmatch(keyword) else tag_for_keyword(keyword)
        if number is None or not dictionary_has_tag(number):
            raise self._error(
                f"there is no attribute {keyword[:64]!r}",
                "Use a keyword of PS3.6, such as PatientID, or a tag of eight digits",
            )
        return number, dictionary_VR(number)

    def _identifier(self, item: str, value: Any) -> Identifier:
        self._like(item, _ITEM, "a key of identifiers", "letters and digits (at most 8)")
        key = f"identifiers.{item}"
        row = self._table(value, key)
        self._only(row, {"named", "done", "attributes"}, key)
        for part in ("named", "done"):
            self._words(row.get(part), f"{key}.{part}")
        attributes = self._list(row.get("attributes", []), f"{key}.attributes")
        for keyword in attributes:
            self._tag(keyword)
        return Identifier(item, row["named"], row["done"], tuple(attributes))

    def _among(self, value: Any, allowed: tuple[str, ...], key: str) -> None:
        if value not in allowed:
            raise self._error(f"{key} is {_shown(value)}", f"Use one of {', '.join(allowed)}")

    def _like(self, value: str, pattern: re.Pattern[str], key: str, allowed: str) -> None:
        if not pattern.fullmatch(value):
            raise self._error(f"{key} is {_shown(value)}", f"Use {allowed}")

    def _words(self, value: Any, key: str) -> None:
        if not isinstance(value, str) or not value.strip():
            raise self._error(f"{key} is missing or empty", "Say it in a few words")
        if not value.replace("\n", "").isprintable():
            raise self._error(f"{key} has characters that cannot be printed", "Take them out")

    def _list(self, value: Any, key: str) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise self._error(f"{key} is not a list of words", f'Write it as {key} = ["..."]')
        if not all(part.isprintable() for part in value):
            raise self._error(f"{key} has characters that cannot be printed", "Take them out")
        return value

    def _table(self, value: Any, key: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self._error(f"{key} is not a table", f"Write it as [{key}]")
        return value

    def _only(self, told: Mapping[str, Any], allowed: set[str], key: str) -> None:
        for name in told:
            if name not in allowed:
                raise self._error(
                    f"{key} has an unknown key: {_shown(name)}",
                    f"Allowed: {', '.join(sorted(allowed))}",
                )

    def _error(self, what: str, do: str) -> PolicyError:
        return PolicyError(what, where=str(self.path), do=do)


def _shown(value: Any) -> str:
    return "missing" if value is None else repr(value)[:60]
