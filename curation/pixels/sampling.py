"""Which frames of an image are looked at, by what the image says of itself (sampling.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).with_name("sampling.toml")
_EVERY = 25

ATTRIBUTES = {
    "sop_class": 0x00080016,
    "image_type": 0x00080008,
    "modality": 0x00080060,
    "conversion_type": 0x00080064,
    "manufacturer": 0x00080070,
    "model": 0x00081090,
    "number": 0x00200013,
    "frames": 0x00280008,
    "burned_in": 0x00280301,
}
"""What a rule may ask for, and the attribute that says it."""


@dataclass(frozen=True)
class Sampler:
    """The rules, asked in their order; they need nothing but the header of the one image.

    So the answer is the same in every process, whichever files it has seen before.
    """

    rules: tuple[dict[str, Any], ...]

    def frames(self, header: Mapping[str, str]) -> range | tuple[int, ...]:
        """The frames (from 0) to look at. `header` has the words of ATTRIBUTES, where present."""
        count = max(1, _number(header.get("frames", ""), 1))
        look = self.look(header)
        if look == "all":
            return range(count)
        if look == "none":
            return ()
        if count > 1:
            return tuple(sorted({0, count // 2, count - 1}))
        number = _number(header.get("number", ""), 1)
        return (0,) if number <= 1 or number % _EVERY == 0 else ()

    def look(self, header: Mapping[str, str]) -> str:
        """How the first rule that fits wants the image looked at: all, few or none."""
        return next(str(rule["look"]) for rule in self.rules if _fits(rule, header))


@cache
def sampler() -> Sampler:
    """The rules that come with fairscan."""
    return Sampler(tuple(tomllib.loads(_TABLE.read_text("utf-8"))["rule"]))


def _fits(rule: Mapping[str, Any], header: Mapping[str, str]) -> bool:
    for key, wanted in rule.items():
        if key in ("why", "look"):
            continue
        value = header.get(key, "").strip().upper()
        if wanted is True:
            fits = bool(value)
        elif key == "sop_class":
            fits = any(value == w or value.startswith(f"{w}.") for w in wanted)
        elif key in ("manufacturer", "model"):
            fits = any(w.upper() in value for w in wanted)
        elif key == "image_type":
            fits = not {w.upper() for w in wanted}.isdisjoint(value.split("\\"))
        else:
            fits = value in {w.upper() for w in ([wanted] if isinstance(wanted, str) else wanted)}
        if not fits:
            return False
    return True


def _number(text: str, otherwise: int) -> int:
    """An IS value (PS3.5 section 6.2) as a number; only digits count, and at most 12."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else otherwise
