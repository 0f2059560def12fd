"""An entry of the AWS registry becomes a dataset, and each archive of its bucket a part of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pyarrow import fs

from harvesters import s3
from harvesters.base import Harvest, Harvester, harvester_for
from harvesters.facts import curated
from harvesters.record import overlaid
from harvesters.registry import load_sources
from schemas.dataset import Access, Dataset, Method
from schemas.errors import SourceError
from schemas.source import Source
from tests.emulators.aws_open_data import (
    BUCKET,
    TASKS,
    AwsOpenData,
    Bucket,
    Object,
    decathlon,
    description,
    tar,
)


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsOpenData]:
    with AwsOpenData() as running:
        yield running


@cache
def sources() -> dict[str, Source]:
    return load_sources()


def reading(aws: AwsOpenData, key: str = "msd", **changes: Any) -> Harvester:
    update = {"base_url": aws.registry, "services": aws.services, "requests_per_second": 5000.0}
    return harvester_for(sources()[key].model_copy(update=update | changes))


def built(harvest: Harvest) -> dict[str, Dataset]:
    return {record.local_id: record.build() for record in harvest.records}


@pytest.fixture(scope="module")
def parts(aws: AwsOpenData, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Dataset]:
    harvest = reading(aws).harvest(tmp_path_factory.mktemp("msd"))
    found = built(harvest)
    assert harvest.stated == len(found)
    return found


def test_the_decathlon_is_one_collection_and_ten_parts(parts: dict[str, Dataset]) -> None:
    assert set(parts) == {"msd", *TASKS}
    assert parts["msd"].kind == "collection"
    assert {one.provenance["title"].method for key, one in parts.items() if key != "msd"} == {
        Method.CURATED
    }


def test_images_are_the_cases_that_each_part_lists(parts: dict[str, Dataset]) -> None:
    assert parts["Task01_BrainTumour"].images == 484 + 266
    assert parts["Task04_Hippocampus"].images == 390, "the paper tells of 394"
    assert parts["msd"].images == sum(parts[key].images or 0 for key in TASKS) == 2629
    assert parts["msd"].provenance["images"].method is Method.DERIVED


def test_a_licence_whose_name_and_link_differ_is_the_one_that_the_organisers_state(
    parts: dict[str, Dataset],
) -> None:
    whole = parts["msd"]
    for said in (whole, *whole.distributions):
        assert said.licence == "CC-BY-SA-4.0"
        assert said.licence_raw == "CC-BY-SA 4.0 International"
        assert said.licence_url == "https://creativecommons.org/licenses/by/4.0/"
    assert whole.provenance["licence"].method is Method.CURATED
    assert whole.provenance["licence_url"].method is Method.STATED
    assert {parts[key].licence for key in TASKS} == {"CC-BY-SA-4.0"}
    assert parts["Task02_Heart"].provenance["licence"].method is Method.DERIVED


def test_a_contradiction_that_nobody_has_decided_stays_unknown(
    aws: AwsOpenData, tmp_path: Path
) -> None:
    said: list[str] = []
    reader = reading(aws, datasets=[], curated=None)
    reader.say = said.append
    whole = built(reader.harvest(tmp_path))["msd"]
    assert whole.licence is None
    assert (whole.licence_raw, whole.licence_url) == (
        "CC-BY-SA 4.0 International",
        "https://creativecommons.org/licenses/by/4.0/",
    )
    assert any("names one licence and links another" in line for line in said)


@pytest.mark.parametrize(
    ("text", "spdx"),
    [
        ("[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/)", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("CC0-1.0", "CC0-1.0"),
        ("[Our terms](https://example.org/terms)", None),
        ("CC BY", None),
    ],
)
def test_a_licence_is_read_where_it_is_certain(text: str, spdx: str | None, tmp_path: Path) -> None:
    with AwsOpenData() as aws:
        entry = aws.entries["hcp-openaccess"].decode()
        start, _, rest = entry.partition("License: ")
        aws.entries["hcp-openaccess"] = (
            f"{start}License: '{text}'\n{rest.partition(chr(10))[2]}".encode()
        )
        (whole,) = built(reading(aws, "hcp").harvest(tmp_path)).values()
    assert whole.licence == spdx
    assert whole.licence_raw or whole.licence_url


def test_a_word_for_a_modality_that_is_not_known_leaves_it_to_the_curated_code(
    parts: dict[str, Dataset],
) -> None:
    brain, liver = parts["Task01_BrainTumour"], parts["Task03_Liver"]
    assert brain.modalities_raw == ["FLAIR", "T1w", "t1gd", "T2w"]
    assert brain.modalities == ["MR"]
    assert brain.provenance["modalities"].method is Method.CURATED
    assert liver.modalities == ["CT"]
    assert liver.provenance["modalities"].method is Method.DERIVED


def test_labels_are_annotations_and_the_background_is_none(tmp_path: Path) -> None:
    only = description("Task09_Spleen", labels={"0": "background"})
    bucket = Bucket({"Task09_Spleen.tar": tar({"dataset.json": json.dumps(only).encode()})})
    with AwsOpenData({BUCKET: bucket}) as aws:
        assert built(reading(aws).harvest(tmp_path))["Task09_Spleen"].annotation_kinds == []


def test_the_version_is_read_in_either_spelling(parts: dict[str, Dataset]) -> None:
    assert parts["Task01_BrainTumour"].version == "2.0 04/05/2018"
    assert parts["Task04_Hippocampus"].version == "1.0 04/05/2018"


def test_the_parts_keep_the_relations_that_were_curated(parts: dict[str, Dataset]) -> None:
    base = {one.local_id: one.build() for one in curated(sources()["msd"])}
    laid = {key: overlaid(base[key], one) for key, one in parts.items()}
    for key in TASKS:
        assert ("IsPartOf", "fairscan", "msd:msd") in {
            (r.relation, r.scheme, r.value) for r in laid[key].related
        }
    assert "IsDerivedFrom" in {r.relation for r in laid["Task01_BrainTumour"].related}
    assert laid["msd"].formats == ["application/x-nifti"]


def test_a_part_that_nobody_has_described_belongs_to_the_collection(tmp_path: Path) -> None:
    bucket = Bucket({"Task11_Kidney.tar": tar({"x/dataset.json": b'{"name": "Kidney"}'})})
    with AwsOpenData({BUCKET: bucket}) as aws:
        found = built(reading(aws).harvest(tmp_path))
    new = found["Task11_Kidney"]
    assert (new.title, new.images) == ("Kidney", None)
    assert new.related[0].value == "msd:msd"
    assert found["msd"].images is None, "what is not known of one part is not known of all"


def test_gigabytes_are_described_by_their_first_kilobytes(aws: AwsOpenData, tmp_path: Path) -> None:
    aws.forget()
    found = built(reading(aws).harvest(tmp_path))
    assert len(aws.log) == 2 + len(TASKS)
    assert aws.sent < 0.001 * sum(found[key].bytes or 0 for key in TASKS)


def test_an_archive_s_address_and_size_are_those_of_the_bucket(parts: dict[str, Dataset]) -> None:
    (one,) = parts["Task05_Prostate"].distributions
    assert (one.route, one.url) == ("s3", f"s3://{BUCKET}/Task05_Prostate.tar")
    assert one.bytes == decathlon().objects["Task05_Prostate.tar"].size
    assert parts["msd"].access is Access.OPEN


def test_the_digest_asks_for_the_entry_and_the_list_alone(aws: AwsOpenData) -> None:
    aws.forget()
    first = reading(aws).digest()
    assert len(aws.log) == 2
    item = aws.buckets[BUCKET].objects["Task06_Lung.tar"]
    was, item.etag = item.etag, '"another"'
    assert reading(aws).digest() != first
    item.etag = was
    assert reading(aws).digest() == first


def test_a_bucket_that_takes_keys_is_described_and_never_asked(
    aws: AwsOpenData, tmp_path: Path
) -> None:
    aws.forget()
    (whole,) = built(reading(aws, "hcp").harvest(tmp_path)).values()
    assert aws.asked() == ["/registry/hcp-openaccess.yaml"]
    assert whole.id == "hcp:hcp"
    assert whole.access is None, "that it takes keys does not say what gives them"
    assert whole.licence is None
    assert whole.distributions[0].access is Access.REGISTERED
    laid = overlaid({one.local_id: one.build() for one in curated(sources()["hcp"])}["hcp"], whole)
    assert laid.access is Access.REGISTERED
    assert laid.modalities == ["MR", "BI"]


def test_no_contact_is_kept(aws: AwsOpenData, tmp_path: Path) -> None:
    for key in ("msd", "hcp"):
        for record in reading(aws, key).harvest(tmp_path).records:
            assert "example.org" not in repr(record.raw) + repr(record.build())


def test_what_would_be_asked_is_told_without_asking(aws: AwsOpenData) -> None:
    aws.forget()
    assert len(reading(aws).asks()) == 3
    assert len(reading(aws, "hcp").asks()) == 1
    assert aws.log == []


def test_another_client_of_s3_sees_the_same_bucket() -> None:
    """Amazon's own SDK, which pyarrow brings, keeps the emulator honest."""
    bucket = decathlon()
    for item in bucket.objects.values():
        item.size = len(item.head) + 4096
    bucket.objects |= {"unpacked/x.json": Object(b"{}", 2), "x & <y> é.txt": Object(b"{}", 2)}
    bucket.page = 4
    with AwsOpenData({BUCKET: bucket}) as aws:
        items, folders = s3.top(reading(aws).client, f"{aws.services['s3']}/{BUCKET}")
        theirs = fs.S3FileSystem(
            anonymous=True, scheme="http", endpoint_override=urlsplit(aws.url).netloc,
            region="us-west-2",
        )  # fmt: skip
        seen = theirs.get_file_info(fs.FileSelector(BUCKET))
        assert {one.base_name for one in seen if one.type is fs.FileType.Directory} == {"unpacked"}
        assert folders == ["unpacked/"]
        assert {(one.base_name, one.size) for one in seen if one.is_file} == {
            (item.key, item.size) for item in items
        }
        largest = max(items, key=lambda item: item.size)
        with theirs.open_input_file(f"{BUCKET}/{largest.key}") as file:
            file.seek(512)
            whole = file.read(2000)
        assert whole == s3.part(
            reading(aws).client, f"{aws.services['s3']}/{BUCKET}", largest, 512, 2000
        )


def test_a_source_that_names_no_entry_says_so(aws: AwsOpenData) -> None:
    with pytest.raises(SourceError, match="no entry is named"):
        reading(aws, open_data=None).digest()
