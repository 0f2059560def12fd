"""A source is a reviewed file: read strictly, and its kind finds its harvester by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvesters import base, facts, registry
from schemas.errors import SourceError

GOOD = {
    "key": '"mine"',
    "name": '"My repository"',
    "kind": '"idc"',
    "landing_url": '"https://example.org/"',
    "publisher": '"Me"',
    "description": '"Scans."',
    "status": '"alive"',
    "access": '"open"',
    "schedule": '"0 4 * * 1"',
}


def written(folder: Path, **changes: str | None) -> Path:
    facts = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    path = folder / "mine.toml"
    path.write_text("".join(f"{name} = {value}\n" for name, value in facts.items()))
    return path


def test_a_file_in_the_folder_is_a_source(tmp_path: Path) -> None:
    written(tmp_path)
    assert list(registry.load_sources(tmp_path)) == ["mine"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"key": '"My Source"'}, "line 1: key"),
        ({"kind": '"no-such kind"'}, "line 3: kind"),
        ({"kind": "7"}, "line 3: kind"),
        ({"publisher": None}, "publisher: Field required"),
        ({"status": '"well"'}, "'alive', 'moved', 'merged', 'superseded', 'ended', 'frozen' or"),
        ({"status": '"well"'}, "line 7: status"),
        ({"access": '"maybe"'}, "'registered', 'controlled'"),
        ({"landing_url": '"ftp://example.org"'}, "line 4: landing_url"),
        ({"colour": '"red"'}, "line 10: colour: no such key; it takes key, name, kind"),
        ({"name": '"open'}, "line 2"),
        ({"schedule": '"every monday"'}, "line 9: schedule: not a cron expression"),
        ({"licence": '"CC BY"'}, "line 10: licence: 'CC BY' is no SPDX identifier"),
        ({"base_url": '"https://me:pw@example.org"'}, "line 10: base_url"),
        ({"datasets": '[{ id = "a", title = "A" }]'}, "curated facts without their day"),
    ],
)
def test_a_file_that_describes_no_source_is_refused_with_its_line_and_what_is_allowed(
    tmp_path: Path, changes: dict[str, str | None], named: str
) -> None:
    written(tmp_path, **changes)
    with pytest.raises(SourceError) as refused:
        registry.load_sources(tmp_path)
    assert str(refused.value.where).startswith("mine.toml")
    assert named in refused.value.what
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("fact", "named"),
    [
        ('modalities = ["XRAY"]', "XRAY: not among the modalities"),
        ('licence = "CC-BY"', "'CC-BY' is no SPDX identifier"),
        ('doi = "https://doi.org/10.1/X"', "is no bare, lower-case DOI"),
        ("subjects = -1", "greater than or equal to 0"),
        ('colour = "red"', "no such key; it takes id, kind, title"),
        ('confidence = { subjekts = "verified" }', "subjekts: not among id, kind"),
        ('access = "somehow"', "'open', 'registered'"),
    ],
)
def test_a_wrong_fact_is_refused_with_its_line_and_what_is_allowed(
    tmp_path: Path, fact: str, named: str
) -> None:
    path = written(tmp_path, curated="2026-11-23")
    path.write_text(
        path.read_text()
        + '[[datasets]]\nid = "one"\ntitle = "One"\n[[datasets]]\nid = "two"\ntitle = "Two"\n'
        + fact
    )
    with pytest.raises(SourceError) as refused:
        registry.load_sources(tmp_path)
    assert refused.value.where == "mine.toml, line 17"
    assert named in refused.value.what


def test_two_facts_of_one_id_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, curated="2026-11-23")
    path.write_text(path.read_text() + '[[datasets]]\nid = "one"\ntitle = "One"\n' * 2)
    with pytest.raises(SourceError, match="two datasets of one id: one"):
        registry.load_sources(tmp_path)


def test_a_kind_without_a_harvester_is_refused_with_the_kinds_there_are(tmp_path: Path) -> None:
    written(tmp_path, kind='"telepathy"')
    with pytest.raises(SourceError, match="no harvester of kind 'telepathy'") as refused:
        registry.load_sources(tmp_path)
    assert refused.value.where == "mine.toml, line 3"
    assert "idc" in str(refused.value.do) and "xnat" in str(refused.value.do)


def test_an_alias_of_nothing_is_refused(tmp_path: Path) -> None:
    written(tmp_path, alias_of='"yours"')
    with pytest.raises(SourceError, match="alias of 'yours'"):
        registry.load_sources(tmp_path)


def test_curated_facts_are_a_dataset_that_says_how_well_each_is_known(tmp_path: Path) -> None:
    path = written(tmp_path, curated="2026-11-23")
    path.write_text(
        path.read_text()
        + '[[datasets]]\nid = "one"\ntitle = "One"\nsubjects = 7\nbody_parts = ["Breast"]\n'
        + 'confidence = { all = "secondary", subjects = "unverified" }'
    )
    (source,) = registry.load_sources(tmp_path).values()
    (record,) = facts.curated(source)
    built = record.build()
    assert (built.id, built.source, built.subjects) == ("mine:one", "mine", 7)
    assert built.body_parts[0].system == "SCT"
    told = built.provenance["subjects"]
    assert (told.method, told.confidence) == ("curated", "unverified")
    assert str(told.snapshot) == "2026-11-23"
    assert built.provenance["title"].confidence == "secondary"
    assert built.licence is None and built.doi is None


def test_a_harvester_is_found_by_the_name_of_its_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "by_hand.py").write_text(
        "from harvesters import base\n"
        "class Harvester(base.Harvester):\n"
        "    def digest(self): return 'same'\n"
        "    def harvest(self, folder): return None\n"
    )
    import harvesters

    monkeypatch.setattr(harvesters, "__path__", [*harvesters.__path__, str(tmp_path)])
    written(tmp_path, kind='"by_hand"')
    (source,) = registry.load_sources(tmp_path).values()
    assert base.harvester_for(source).digest() == "same"


def test_every_shipped_source_has_its_harvester() -> None:
    sources = registry.load_sources()
    assert "idc" in sources
    for key, source in sources.items():
        assert source.key == key
        assert base.harvester_for(source).source is source
