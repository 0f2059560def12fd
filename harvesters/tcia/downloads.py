"""One download of TCIA as one way to obtain a dataset: its route, size, licence and access.

A download object of the Collection Manager's version 2 has keys with spaces. All of them are
evidenced by recorded objects but the title, of which no recording shows the key.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from harvesters.tcia import words as tw
from harvesters.text import plain_text
from schemas.dataset import Access, Distribution
from schemas.errors import RecordError
from schemas.vocabulary import licence, table

_BY_SEARCH = {
    "general.datacommons.cancer.gov": "general-commons",
    "clinical.datacommons.cancer.gov": "ctdc",
}


def parts(downloads: Any) -> list[tuple[dict[str, Any], Distribution]]:
    """Every download object beside what it means.

    An object with id 0 is left out: it stands for a download that is gone, and WordPress fills
    it with that of another dataset.

    Raises:
        RecordError: if they are no version 2 objects.
    """
    if downloads in (None, False, ""):
        return []
    if not isinstance(downloads, list) or not all(isinstance(one, dict) for one in downloads):
        raise RecordError("its downloads are not objects, as version 2 of the API gives them")
    return [(one, _part(one)) for one in downloads if tw.number(one.get("id")) != 0]


def _part(download: dict[str, Any]) -> Distribution:
    terms = download.get("license")
    said = terms if isinstance(terms, dict) else {"label": terms}
    label = plain_text(tw.text(said.get("label")))
    types = tw.words(download.get("data type"))
    formats = tw.words(download.get("file type"))
    return Distribution(
        title=plain_text(tw.text(tw.first(download, "download title", "download_title", "title"))),
        route=_route(download),
        url=tw.web(download.get("download url")) or tw.web(download.get("search url")),
        licence=licence.normalise(label),
        licence_raw=label,
        licence_url=tw.web(said.get("url")),
        access=access(label),
        format=tw.media_type_of(formats[0]) if len(formats) == 1 else None,
        modalities=list(dict.fromkeys(code for word in types if (code := tw.modality_of(word)))),
        series=tw.number(download.get("series")),
        bytes=tw.size(download.get("download size"), download.get("download size unit")),
    )


def access(label: str | None) -> Access | None:
    """How what lies under a licence can be reached: a public licence is open access.

    None for a label that is neither a public licence nor a known term of access.
    """
    if label is None:
        return None
    known = tw.lookup("licences", "label").get(table.squeeze(label))
    if known is not None:
        return Access(known["access"])
    return Access.OPEN if licence.normalise(label) else None


def _route(download: dict[str, Any]) -> str:
    """How bytes are fetched.

    tcia-manifest, general-commons and ctdc: by a list of series or files for TCIA's Data
    Retriever; aspera: by IBM Aspera; https: at once; page: on a web page; request: by asking.
    """
    url, search = tw.web(download.get("download url")), tw.web(download.get("search url"))
    if url is None:
        return "page" if search else "request"
    split = urlsplit(url.lower())
    name = split.path.rpartition("/")[2]
    host = split.hostname or ""
    if name.endswith(".tcia"):
        return "tcia-manifest"
    if host.startswith("faspex."):
        return "aspera"
    if host.startswith("pathdb."):
        return "pathdb"
    if name.startswith("gc_manifest"):
        return "general-commons"
    if "_drs_metadata_manifest" in name:
        return "ctdc"
    if name.endswith(".csv") and search:
        return _BY_SEARCH.get(urlsplit(search).hostname or "", "https")
    return "https"
