"""Lists, archives and entries that are cut, hostile or closed: an error, never less than all."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harvesters.http import StatusError
from harvesters.open_data import archive
from schemas.errors import RecordError, SourceError
from schemas.open_data import OpenData
from tests.emulators.aws_open_data import (
    BUCKET,
    AwsOpenData,
    Bucket,
    Object,
    decathlon,
    description,
    tar,
)
from tests.emulators.server import Reply
from tests.harvesters.test_open_data import built, reading

SPLEEN = "Task09_Spleen"
TOLD = json.dumps(description(SPLEEN)).encode()
LISTED = (
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><KeyCount>{}</KeyCount>'
    "<IsTruncated>{}</IsTruncated>{}</ListBucketResult>"
)
ITEM = (
    "<Contents><Key>{}</Key><LastModified>2020-08-14T18:02:11.000Z</LastModified>"
    "<ETag>x</ETag><Size>{}</Size></Contents>"
)


@pytest.fixture(scope="module")
def running() -> Iterator[AwsOpenData]:
    with AwsOpenData() as served:
        yield served


@pytest.fixture
def aws(running: AwsOpenData) -> AwsOpenData:
    running.serve()
    return running


def hold(aws: AwsOpenData, item: Object, **more: Object) -> None:
    """Let the bucket hold one archive, and what else is given."""
    aws.serve({BUCKET: Bucket({f"{SPLEEN}.tar": item, **more})})


def test_a_long_list_is_read_to_its_end(aws: AwsOpenData, tmp_path: Path) -> None:
    bucket = decathlon()
    bucket.objects |= {f"other/{n}": Object(b"", 0) for n in range(30)}
    bucket.page = 3
    aws.serve({BUCKET: bucket})
    assert len(built(reading(aws).harvest(tmp_path))) == 11
    assert len(aws.asked("continuation-token")) == 3


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (LISTED.format(2, "false", ITEM.format("a", 1)), "counts more names than it has"),
        (LISTED.format(1, "true", ITEM.format("a", 1)), "a list without NextContinuationToken"),
        (LISTED.format(1, "false", ITEM.format("a", "-1")), "Size is no number"),
        (LISTED.format(1, "false", ITEM.format("", "1")), "a list without Key"),
        (LISTED.format(0, "", ""), "a list without IsTruncated"),
        (LISTED.format(0, "false", ""), "no archive of a part in the bucket"),
        ("<Error><Code>SlowDown</Code></Error>", "no list of objects"),
        ("<ListBucketResult><KeyCount>", "no XML"),
        ("", "no XML"),
        ("<!DOCTYPE html><html></html>", "no XML"),
    ],
)
def test_a_list_that_is_not_whole_is_refused(aws: AwsOpenData, body: str, what: str) -> None:
    aws.fail("replace", at="list-type", value=Reply(body.encode(), type="application/xml"))
    with pytest.raises(SourceError, match=what):
        reading(aws).digest()


def test_a_list_that_goes_in_a_circle_is_refused(aws: AwsOpenData) -> None:
    more = "<NextContinuationToken>again</NextContinuationToken>" + ITEM.format("a", 1)
    aws.fail("replace", at="list-type", value=Reply(LISTED.format(1, "true", more).encode()))
    with pytest.raises(SourceError, match="comes back to the same page"):
        reading(aws).digest()
    assert len(aws.asked("list-type")) == 2


def test_entities_that_unfold_into_a_giant_are_refused_before_they_do(aws: AwsOpenData) -> None:
    names = "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    )
    bomb = (
        f'<!DOCTYPE x [<!ENTITY a "{"x" * 100}">{names}]><ListBucketResult>&j;</ListBucketResult>'
    )
    aws.fail("replace", at="list-type", value=Reply(bomb.encode(), type="application/xml"))
    with pytest.raises(SourceError, match="no XML") as caught:
        reading(aws).digest()
    assert "a document type" in repr(caught.value.__cause__)


def test_a_bucket_that_is_closed_is_an_error(aws: AwsOpenData) -> None:
    aws.buckets[BUCKET].closed = True
    with pytest.raises(StatusError, match="403"):
        reading(aws).digest()


def test_an_entry_whose_bucket_takes_keys_now_is_an_error(aws: AwsOpenData) -> None:
    aws.entries["msd"] = aws.entries["msd"].replace(
        b"  Region: us-west-2", b"  ControlledAccess: https://example.org\n  Region: us-west-2"
    )
    with pytest.raises(SourceError, match="no bucket that is read without keys"):
        reading(aws).digest()


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"- a\n- b\n",
        b"Description: no name\n",
        b"<!DOCTYPE html>",
        b"Name: [",
        b"\xff\xfe",
        b"Name: !!python/object/apply:os.system ['true']\n",
        b"a: &a [x, x]\nName: *a\n",
        b"Name: x\nb: &b {c: d}\ne: *b\n",
        b"Name: " + b"[" * 600,
        b"Name: x" + b" " * 200_000,
    ],
)
def test_what_is_no_entry_is_refused(aws: AwsOpenData, entry: bytes) -> None:
    aws.fail("replace", at="/registry/", value=Reply(entry, type="text/plain"))
    with pytest.raises(SourceError, match="entry"):
        reading(aws, "hcp").digest()


@pytest.mark.parametrize(
    "arn",
    ["arn:aws:s3:::../x", "arn:aws:s3:::a b", "arn:aws:sns:us-east-1:0:x", "x", "arn:aws:s3:::A"],
)
def test_a_bucket_with_a_hostile_name_is_none(aws: AwsOpenData, arn: str, tmp_path: Path) -> None:
    aws.entries["hcp-openaccess"] = aws.entries["hcp-openaccess"].replace(
        b"arn:aws:s3:::hcp-openaccess", arn.encode()
    )
    (whole,) = built(reading(aws, "hcp").harvest(tmp_path)).values()
    assert whole.distributions == []


def test_a_server_that_sends_all_of_an_archive_is_cut_short(
    aws: AwsOpenData, tmp_path: Path
) -> None:
    aws.ranges = False
    for item in aws.buckets[BUCKET].objects.values():
        item.size = 1_000_000
    with pytest.raises(SourceError, match="not the part that was asked for"):
        reading(aws).harvest(tmp_path)


def test_an_archive_that_changes_while_it_is_read_is_an_error(
    aws: AwsOpenData, tmp_path: Path
) -> None:
    head = aws.buckets[BUCKET].objects[f"{SPLEEN}.tar"].part(0, archive.FIRST)
    size = aws.buckets[BUCKET].objects[f"{SPLEEN}.tar"].size
    told = {"Content-Range": f"bytes 0-{len(head) - 1}/{size}", "ETag": '"other"'}
    aws.fail("replace", at=SPLEEN, value=Reply(head, 206, headers=told))
    with pytest.raises(SourceError, match="the object changed while it was read"):
        reading(aws).harvest(tmp_path)


@pytest.mark.parametrize("told", ["bytes 5-10/20", "bytes */20", ""])
def test_another_part_than_asked_for_is_an_error(
    aws: AwsOpenData, told: str, tmp_path: Path
) -> None:
    aws.fail("replace", at=SPLEEN, value=Reply(b"x" * 6, 206, headers={"Content-Range": told}))
    with pytest.raises(SourceError, match="not the part that was asked for"):
        reading(aws).harvest(tmp_path)


def test_a_part_that_is_cut_on_the_way_is_asked_for_again(aws: AwsOpenData, tmp_path: Path) -> None:
    aws.fail("cut", at=SPLEEN, times=1)
    assert built(reading(aws).harvest(tmp_path))[SPLEEN].images == 61


def test_a_description_beside_the_archive_saves_looking_into_it(
    aws: AwsOpenData, tmp_path: Path
) -> None:
    beside = {f"{SPLEEN}/dataset.json": Object(TOLD, len(TOLD))}
    hold(aws, tar({"x": b""}, rest=10**6), **beside)
    assert built(reading(aws).harvest(tmp_path))[SPLEEN].images == 61
    assert not aws.asked(f"{SPLEEN}.tar")


def test_a_folder_without_a_description_leads_to_the_archive(
    aws: AwsOpenData, tmp_path: Path
) -> None:
    beside = {f"{SPLEEN}/imagesTr/a.nii.gz": Object(b"", 0)}
    hold(aws, tar({f"{SPLEEN}/dataset.json": TOLD}), **beside)
    assert built(reading(aws).harvest(tmp_path))[SPLEEN].images == 61


def test_an_archive_without_a_description_near_its_beginning_is_still_a_part(
    aws: AwsOpenData,
    tmp_path: Path,
) -> None:
    images = {f"{n}.nii.gz": bytes(200_000) for n in range(archive.STEPS + 5)}
    said: list[str] = []
    hold(aws, tar({**images, "dataset.json": TOLD}))
    reader = reading(aws)
    reader.say = said.append
    part = built(reader.harvest(tmp_path))[SPLEEN]
    assert len(aws.asked(".tar")) == archive.STEPS
    assert part.images is None and part.bytes and part.title.endswith("spleen")
    assert any(f"no dataset.json found for {SPLEEN}" in line for line in said)


@pytest.mark.parametrize(
    "item",
    [
        Object(b"x" * 2000, 2000),
        Object(b"PK\x03\x04" + bytes(2000), 2004),
        tar({"dataset.json": b"<html>"}),
        tar({"dataset.json": b"[1, 2]"}),
        tar({"dataset.json": b"[" * 100_000}),
        tar({"dataset.json": b'{"labels": {"1": "a"}, "x": ' + b"9" * 5000 + b"}"}),
        tar(
            {"dataset.json": json.dumps({"labels": dict.fromkeys(map(str, range(2000)))}).encode()}
        ),
    ],
)
def test_a_part_that_cannot_be_read_is_put_aside_alone(
    aws: AwsOpenData, item: Object, tmp_path: Path
) -> None:
    other = tar({"dataset.json": TOLD})
    hold(aws, item, **{"Task02_Heart.tar": other})
    records = {one.local_id: one for one in reading(aws).harvest(tmp_path).records}
    with pytest.raises(RecordError, match=r"dataset\.json cannot be read"):
        records[SPLEEN].build()
    assert records["Task02_Heart"].build().images == 61
    assert records["msd"].build().images is None


@pytest.mark.parametrize(
    ("changes", "images"),
    [
        ({"training": None, "test": None}, 61),
        ({"training": [], "test": []}, 0),
        ({"training": None, "test": None, "numTest": -5}, None),
        ({"training": None, "numTraining": True}, None),
        ({"test": "x", "numTest": "20"}, None),
    ],
)
def test_a_count_that_is_none_stays_unknown(
    aws: AwsOpenData, changes: dict[str, Any], images: int | None, tmp_path: Path
) -> None:
    body = json.dumps(description(SPLEEN, **changes)).encode()
    hold(aws, tar({"dataset.json": body}))
    assert built(reading(aws).harvest(tmp_path))[SPLEEN].images == images


def test_hostile_texts_of_a_description_are_plain(aws: AwsOpenData, tmp_path: Path) -> None:
    body = json.dumps(
        description(
            SPLEEN,
            description="<script>alert(1)</script>Ask <b>a.b@example.org</b>",
            licence="<i>CC-BY-SA 4.0</i>",
            modality={"0": "<b>CT</b>"},
        )
    ).encode()
    hold(aws, tar({"dataset.json": body}))
    part = built(reading(aws).harvest(tmp_path))[SPLEEN]
    assert part.description == "Ask [e-mail removed]"
    assert part.licence == "CC-BY-SA-4.0"
    assert part.modalities_raw == ["CT"]


def reader_of(item: Object) -> Callable[[int, int], bytes]:
    return lambda start, length: item.part(start, min(start + length, item.size))


def test_a_member_is_found_behind_large_ones_and_over_the_edge_of_a_look() -> None:
    edge = archive.FIRST - 512 - 512 - 100
    for before in (edge, edge + 512, 10 * archive.FIRST):
        item = tar({"._dataset.json": b"mac", "a": bytes(before), "b/dataset.json": TOLD})
        assert archive.member(reader_of(item), item.size, "dataset.json") == TOLD


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_a_member_is_found_in_every_kind_of_tar(form: int) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as made:
        first = tarfile.TarInfo("é" * 40 + ".nii.gz")
        first.mtime = 1.5
        made.addfile(first)
        info = tarfile.TarInfo("x/dataset.json")
        info.size = len(TOLD)
        made.addfile(info, io.BytesIO(TOLD))
    item = Object(out.getvalue(), len(out.getvalue()))
    assert archive.member(reader_of(item), item.size, "dataset.json") == TOLD


def test_an_archive_that_ends_has_no_such_member() -> None:
    item = tar({"a": b"b"})
    assert archive.member(reader_of(item), item.size, "dataset.json") is None
    cut = Object(item.head[:600], 600)
    assert archive.member(reader_of(cut), cut.size, "dataset.json") is None


@pytest.mark.parametrize(
    "changes", [{"parts": "("}, {"entry": "../x"}, {"dataset": "a b"}, {"bucket": "x"}]
)
def test_a_wrong_setting_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="OpenData"):
        OpenData.model_validate({"entry": "msd", "dataset": "msd", **changes})


@pytest.mark.parametrize("name", ["dataset.json", "a.nii.gz"])
def test_a_member_of_less_than_nothing_is_no_archive(name: str) -> None:
    header = bytearray(tarfile.TarInfo(name).tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 11 + b"\x00"  # the size -256 in base 256
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    item = Object(bytes(header) + bytes(4096), 512 + 4096)
    with pytest.raises(ValueError, match="a member of -256 bytes"):
        archive.member(reader_of(item), item.size, "dataset.json")


@pytest.mark.parametrize("value", ["!!bool maybe", "!!timestamp soon", '!!int ""', "!!float ''"])
def test_a_value_that_its_tag_does_not_fit_is_no_entry(
    aws: AwsOpenData, tmp_path: Path, value: str
) -> None:
    aws.fail("replace", at=".yaml", value=Reply(f"Name: x\nOther: {value}\n".encode()))
    with pytest.raises(SourceError, match="not an entry in YAML"):
        reading(aws).harvest(tmp_path)
