"""A source is a reviewed file: read strictly, and its kind finds its harvester by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvesters import base
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
    assert list(base.load_sources(tmp_path)) == ["mine"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"key": '"My Source"'}, "key"),
        ({"kind": '"no-such kind"'}, "kind"),
        ({"kind": "7"}, "kind"),
        ({"publisher": None}, "publisher"),
        ({"status": '"well"'}, "status"),
        ({"landing_url": '"ftp://example.org"'}, "landing_url"),
        ({"colour": '"red"'}, "colour"),
        ({"name": '"open'}, "line 2"),
    ],
)
def test_a_file_that_describes_no_source_is_refused_by_name(
    tmp_path: Path, changes: dict[str, str | None], named: str
) -> None:
    written(tmp_path, **changes)
    with pytest.raises(SourceError) as refused:
        base.load_sources(tmp_path)
    assert refused.value.where == "mine.toml"
    assert named in refused.value.what
    assert "\n" not in str(refused.value)


def test_a_kind_without_a_harvester_is_refused(tmp_path: Path) -> None:
    written(tmp_path, kind='"telepathy"')
    (source,) = base.load_sources(tmp_path).values()
    with pytest.raises(SourceError, match="no harvester of kind 'telepathy'") as refused:
        base.harvester_for(source)
    assert refused.value.where == "source mine"


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
    (source,) = base.load_sources(tmp_path).values()
    assert base.harvester_for(source).digest() == "same"


def test_every_shipped_source_has_its_harvester() -> None:
    sources = base.load_sources()
    assert "idc" in sources
    for key, source in sources.items():
        assert source.key == key
        assert base.harvester_for(source).source is source
