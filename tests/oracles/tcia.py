"""What tcia-utils reads of TCIA: datasets, downloads, series and slides, as JSON.

Arguments: the addresses of WordPress version 2, of NBIA version 4, of PathDB, the names of an NBIA
and a PathDB collection.
"""

from __future__ import annotations

import json
import sys
from urllib.parse import urlsplit, urlunsplit

import requests
from tcia_utils import nbia, pathdb, wordpress

root, series_root, slides_root, nbia_name, pathdb_name = sys.argv[1:]

# Its addresses are fixed: only the module's names, and the host of what leaves, can be exchanged.
wordpress.base_url = f"{root}/"
nbia.setApiUrl = lambda *_, **__: f"{series_root}/"
pathdb.base_url = f"{slides_root}/"
_send = requests.adapters.HTTPAdapter.send


def _to_loopback(self, request, **more):
    split = urlsplit(request.url)
    if split.hostname != "127.0.0.1":
        to = urlsplit(slides_root)
        request.url = urlunsplit((to.scheme, to.netloc, split.path, split.query, ""))
    return _send(self, request, **more)


requests.adapters.HTTPAdapter.send = _to_loopback

found = {}
for post, read in (("collection", wordpress.getCollections), ("result", wordpress.getAnalyses)):
    found[post] = [
        {
            "id": row["id"],
            "short_title": row[f"{post}_short_title"],
            "doi": row[f"{post}_doi"],
            "downloads": [one["id"] for one in row[f"{post}_downloads"]],
        }
        for row in read(per_page=100, verbose=True)
    ]
found["series"] = [
    {name: row.get(name) for name in ("SeriesInstanceUID", "PatientID", "Modality", "ImageCount")}
    for row in nbia.getSeries(collection=nbia_name)
]
found["patients"] = {
    row["Collection"]: int(row["Count"]) for row in nbia.getCollectionPatientCounts()
}
found["slides"] = pathdb.getImages(pathdb_name)
print(json.dumps(found))
