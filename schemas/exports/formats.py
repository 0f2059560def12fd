"""The machine formats of a dataset's record, by the names that commands and addresses use."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from schemas.dataset import Dataset
from schemas.exports import citation
from schemas.exports import datacite as _datacite
from schemas.exports import schema_org as _schema_org
from schemas.exports.address import PageOf


class Format(NamedTuple):
    """What it is called, its media type, how its files end, and what writes it."""

    label: str
    media_type: str
    suffix: str
    write: Callable[[Dataset, PageOf], str]


def _json(record: Any) -> str:
    return json.dumps(record, ensure_ascii=False, indent=1) + "\n"


FORMATS = {
    "datacite": Format(
        "DataCite JSON",
        _datacite.MEDIA_TYPE,
        "datacite.json",
        lambda dataset, page_of: _json(_datacite.datacite(dataset, page_of)),
    ),
    "schema.org": Format(
        "schema.org",
        _schema_org.MEDIA_TYPE,
        "jsonld",
        lambda dataset, page_of: _json(_schema_org.schema_org(dataset, page_of)),
    ),
    "bibtex": Format("BibTeX", citation.BIBTEX, "bib", citation.bibtex),
    "ris": Format("RIS", citation.RIS, "ris", citation.ris),
}
