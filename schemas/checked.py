"""Texts of a source file that are checked when it is read."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from schemas.vocabulary import licence


def _spdx(text: str) -> str:
    if licence.normalise(text) != text:
        raise ValueError(f"{text!r} is no SPDX identifier; leave it out where it is not certain")
    return text


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


Spdx = Annotated[str, AfterValidator(_spdx)]
"""An SPDX licence identifier or expression."""
Expression = Annotated[str, AfterValidator(_expression)]
"""A regular expression of Python."""
