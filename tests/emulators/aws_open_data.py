"""The Registry of Open Data on AWS, and public buckets of S3, as guests see them.

Entries are those of `tests/recordings/aws_open_data`. The bucket answers ListObjectsV2 and ranged
GETs after the service's documentation; closed buckets refuse. Archives are laid out as their users
describe those of the Medical Segmentation Decathlon: the parts' folders, companions of macOS whose
names begin with "._", `dataset.json` before the images. The descriptions of tasks 1 and 4 say what
those files are quoted to say in public code, with their slips ("relase"; task 4 has 390 cases where
the paper tells of 394); the others have the numbers of the paper.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from tests.emulators.server import Emulator, Reply, Request

RECORDED = Path(__file__).parents[1] / "recordings" / "aws_open_data"
BUCKET = "msd-for-monai"
WRITTEN = "2020-08-14T18:02:11.000Z"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

TASKS: dict[str, tuple[dict[str, str], list[str], int, int]] = {
    "Task01_BrainTumour": (
        {"0": "FLAIR", "1": "T1w", "2": "t1gd", "3": "T2w"},
        ["edema", "non-enhancing tumor", "enhancing tumour"],
        484,
        266,
    ),
    "Task02_Heart": ({"0": "MRI"}, ["left atrium"], 20, 10),
    "Task03_Liver": ({"0": "CT"}, ["liver", "cancer"], 131, 70),
    "Task04_Hippocampus": ({"0": "MRI"}, ["Anterior", "Posterior"], 260, 130),
    "Task05_Prostate": ({"0": "T2", "1": "ADC"}, ["PZ", "TZ"], 32, 16),
    "Task06_Lung": ({"0": "CT"}, ["cancer"], 64, 32),
    "Task07_Pancreas": ({"0": "CT"}, ["pancreas", "cancer"], 281, 139),
    "Task08_HepaticVessel": ({"0": "CT"}, ["Vessel", "Tumour"], 303, 140),
    "Task09_Spleen": ({"0": "CT"}, ["spleen"], 41, 20),
    "Task10_Colon": ({"0": "CT"}, ["colon cancer primaries"], 126, 64),
}
"""Of each task: modality by channel, labels, and how many cases are for training and for test."""


@dataclass
class Object:
    """An object of `size` bytes: `head`, and zeros to the end."""

    head: bytes
    size: int
    etag: str = ""

    def __post_init__(self) -> None:
        self.etag = self.etag or f'"{hashlib.md5(self.head).hexdigest()}-4"'

    def part(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to and without `end`."""
        held = self.head[start:end]
        return held + bytes(min(end, self.size) - start - len(held))


@dataclass
class Bucket:
    """Objects by key; `closed`: nobody may list it without keys."""

    objects: dict[str, Object] = field(default_factory=dict)
    closed: bool = False
    page: int = 1000


class AwsOpenData(Emulator):
    """The registry's files below `/registry`, the buckets below `/s3`.

    ranges: False for a server that sends an object whole, whatever was asked for.
    """

    def __init__(self, buckets: dict[str, Bucket] | None = None) -> None:
        super().__init__()
        self.serve(buckets)

    def serve(self, buckets: dict[str, Bucket] | None = None) -> None:
        """Begin again with these buckets, or with that of the Decathlon."""
        self.forget()
        self.entries = {path.stem: path.read_bytes() for path in RECORDED.glob("*.yaml")}
        self.buckets = {BUCKET: decathlon()} if buckets is None else buckets
        self.ranges = True

    @property
    def registry(self) -> str:
        """Where the entries lie: the `base_url` of a source."""
        return f"{self.url}/registry"

    @property
    def services(self) -> dict[str, str]:
        """The addresses that a source calls its services."""
        return {"s3": f"{self.url}/s3"}

    def answer(self, request: Request) -> Reply:
        """A file of the registry, a page of a list, or an object."""
        path = unquote(request.path)
        if found := re.fullmatch(r"/registry/([^/]+)\.yaml", path):
            body = self.entries.get(found[1])
            return Reply(body, type="text/plain") if body else Reply(b"404: Not Found", 404)
        found = re.fullmatch(r"/(?:s3/)?([^/]+)/?(.*)", path)
        bucket = self.buckets.get(found[1]) if found else None
        if found is None or bucket is None:
            return _refused(404, "NoSuchBucket", "The specified bucket does not exist")
        if bucket.closed:
            return _refused(403, "AccessDenied", "Access Denied")
        if not found[2]:
            return _listed(found[1], bucket, request)
        item = bucket.objects.get(found[2])
        if item is None:
            return _refused(404, "NoSuchKey", "The specified key does not exist.")
        return self._object(item, request.headers.get("range"))

    def _object(self, item: Object, asked: str | None) -> Reply:
        headers = {"ETag": item.etag, "Accept-Ranges": "bytes", "Last-Modified": WRITTEN}
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", asked or "") if self.ranges else None
        if found is None:
            return Reply(item.part(0, item.size), type="binary/octet-stream", headers=headers)
        start, end = int(found[1]), min(int(found[2] or item.size) + 1, item.size)
        if start >= item.size:
            return _refused(416, "InvalidRange", "The requested range is not satisfiable")
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{item.size}"
        return Reply(item.part(start, end), 206, "binary/octet-stream", headers)


def description(name: str, **changes: Any) -> dict[str, Any]:
    """The `dataset.json` of a task."""
    modality, labels, training, test = TASKS[name]
    stem = name.partition("_")[2].lower()
    slip = name == "Task04_Hippocampus"
    return {
        "name": {"Task01_BrainTumour": "BRATS"}.get(name, name.partition("_")[2]),
        "description": {
            "Task01_BrainTumour": "Gliomas segmentation tumour and oedema in on brain images",
            "Task04_Hippocampus": "Left and right hippocampus segmentation",
        }.get(name, f"{name.partition('_')[2]} segmentation"),
        "reference": "https://www.med.upenn.edu/sbia/brats2017.html",
        "licence": "CC-BY-SA 4.0",
        "relase" if slip else "release": "1.0 04/05/2018" if slip else "2.0 04/05/2018",
        "tensorImageSize": "4D" if len(modality) > 1 else "3D",
        "modality": modality,
        "labels": {"0": "background", **{str(n): word for n, word in enumerate(labels, 1)}},
        "numTraining": training,
        "numTest": test,
        "training": [
            {"image": f"./imagesTr/{stem}_{n}.nii.gz", "label": f"./labelsTr/{stem}_{n}.nii.gz"}
            for n in range(training)
        ],
        "test": [f"./imagesTs/{stem}_{training + n}.nii.gz" for n in range(test)],
        **changes,
    }


def tar(members: dict[str, bytes], rest: int = 0) -> Object:
    """An archive of `members` in that order; a last image of `rest` bytes ends it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            if name.endswith("/"):
                info.type, info.size = tarfile.DIRTYPE, 0
            archive.addfile(info, io.BytesIO(body))
        end = archive.offset
    head = out.getvalue()[:end]
    if rest:
        info = tarfile.TarInfo("images/last.nii.gz")
        info.size = rest
        head += info.tobuf(tarfile.GNU_FORMAT)
    return Object(head, len(head) + -(-rest // 512) * 512 + 1024)


def decathlon() -> Bucket:
    """The ten archives of the Medical Segmentation Decathlon, a gigabyte each by their word."""
    return Bucket(
        {
            f"{name}.tar": tar(
                {
                    f"./._{name}": b"mac",
                    f"./{name}/": b"",
                    f"./{name}/._dataset.json": b"mac",
                    f"./{name}/dataset.json": json.dumps(description(name), indent=1).encode(),
                    f"./{name}/imagesTr/": b"",
                },
                rest=10**9,
            )
            for name in TASKS
        }
    )


def _listed(name: str, bucket: Bucket, request: Request) -> Reply:
    prefix, delimiter = request.one("prefix", "") or "", request.one("delimiter")
    names: dict[str, Object | None] = {}
    for key in sorted(bucket.objects):
        rest = key.removeprefix(prefix)
        if not key.startswith(prefix):
            continue
        if delimiter and delimiter in rest:
            names[prefix + rest.partition(delimiter)[0] + delimiter] = None
        else:
            names[key] = bucket.objects[key]
    size = min(bucket.page, request.number("max-keys", 1000))
    start = int((request.one("continuation-token") or "t0")[1:])
    shown = list(names.items())[start : start + size]
    more = start + size < len(names)
    contents = "".join(
        f"<Contents><Key>{escape(key)}</Key><LastModified>{WRITTEN}</LastModified>"
        f"<ETag>{escape(item.etag, {chr(34): '&quot;'})}</ETag><Size>{item.size}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
        for key, item in shown
        if item is not None
    )
    folders = "".join(
        f"<CommonPrefixes><Prefix>{escape(key)}</Prefix></CommonPrefixes>"
        for key, item in shown
        if item is None
    )
    token = f"<NextContinuationToken>t{start + size}</NextContinuationToken>" if more else ""
    body = (
        f"{_XML}<ListBucketResult {_NAMESPACE}><Name>{name}</Name><Prefix>{prefix}</Prefix>"
        f"{token}<KeyCount>{len(shown)}</KeyCount><MaxKeys>{size}</MaxKeys>"
        f"<Delimiter>{delimiter or ''}</Delimiter><IsTruncated>{str(more).lower()}</IsTruncated>"
        f"{contents}{folders}</ListBucketResult>"
    )
    return Reply(body.encode(), type="application/xml")


def _refused(status: int, code: str, message: str) -> Reply:
    body = f"{_XML}<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Reply(body.encode(), status, "application/xml")
