"""Lines of a form: `Name: value`, as reports, letters and logs write them."""

from __future__ import annotations

import re

from curation.formats.fields import Field, field_of
from curation.formats.values import BY_ROLE, is_nothing

_FORM = re.compile(r"\s{0,20}[-*#>\"' ]{0,4}([^\W\d_][\w .\-/']{0,40}?)\"?\s{0,3}[:=]\s{1,3}(\S.*)")


def form_of(text: str) -> tuple[Field, str] | None:
    """What a line's label says of the value behind it, if it is a label that identifies."""
    found = _FORM.match(text)
    if found is None:
        return None
    field = field_of(found[1])
    value = found[2].strip().strip("\"',")
    return (field, value) if field.role in BY_ROLE and not is_nothing(value) else None
