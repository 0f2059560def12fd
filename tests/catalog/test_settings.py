"""Sources as settings change them: from flags, from the working folder, from the home."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.settings import settings
from harvesters.registry import load_sources
from schemas.errors import UsageError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FAIRSCAN_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "home"


def test_without_settings_the_sources_are_those_shipped() -> None:
    assert settings().sources == load_sources()


def test_a_flag_is_over_the_working_folder_which_is_over_the_home(home: Path) -> None:
    (home / "fairscan.toml").write_text('[sources.idc]\nbase_url = "/a"\nconcurrency = 7\n')
    assert settings().sources["idc"].base_url == "/a"
    Path("fairscan.toml").write_text('[sources.idc]\nbase_url = "/b"\n')
    assert settings().sources["idc"].base_url == "/b"
    found = settings(["idc.base_url=/c"]).sources["idc"]
    assert (found.base_url, found.concurrency) == ("/c", 7)


def test_a_rate_is_a_number() -> None:
    assert settings(["idc.requests_per_second=0.5"]).sources["idc"].requests_per_second == 0.5
    with pytest.raises(UsageError, match=r"\[sources.idc\].*requests_per_second"):
        settings(["idc.requests_per_second=fast"])
    with pytest.raises(UsageError, match="requests_per_second"):
        settings(["idc.requests_per_second=0"])


def test_a_table_with_a_kind_is_a_new_source(home: Path) -> None:
    (home / "fairscan.toml").write_text(
        '[sources.ours]\nkind = "dicomweb"\nbase_url = "https://pacs.example.org/dicom-web"\n'
    )
    source = settings().sources["ours"]
    assert (source.key, source.kind, source.name) == ("ours", "dicomweb", "ours")
    assert source.landing_url == "https://pacs.example.org/dicom-web"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[sources.idx]\nbase_url = "/x"', "no source 'idx'"),
        ('[sources.idc]\nname = "Mine"', "takes no name.*It takes base_url"),
        ("[sources.idc]\nenabled = 3", "enabled is true or false"),
        ("[sources]\nidc = 3", "not a table of tables"),
        ("sources = ", "not TOML"),
        ('[sources.new]\nkind = "dicomweb"', "landing_url"),
    ],
)
def test_a_file_that_is_not_of_that_form_is_refused_by_name(text: str, said: str) -> None:
    Path("fairscan.toml").write_text(text)
    with pytest.raises(UsageError, match=said) as refused:
        settings()
    assert "fairscan.toml" in str(refused.value)


@pytest.mark.parametrize("flag", ["idc", "idc.base_url", "idc.base_url=", "=x", "idc=/x"])
def test_a_flag_that_is_not_of_that_form_is_refused(flag: str) -> None:
    with pytest.raises(UsageError, match="not a setting"):
        settings([flag])


def test_a_key_that_names_no_source_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no source 'icd'.*Known sources: .*idc"):
        settings(["icd.base_url=/x"])
    with pytest.raises(UsageError, match="no source 'icd'"):
        settings().chosen(["icd"])
    assert [source.key for source in settings().chosen(["idc"])] == ["idc"]


def test_an_address_with_a_password_is_refused(home: Path) -> None:
    (home / "fairscan.toml").write_text('[sources.nitrc_ir]\nbase_url = "http://me:pw@host/"\n')
    with pytest.raises(UsageError, match="credentials come from the environment") as told:
        settings()
    assert "pw" not in str(told.value)


def test_a_file_in_the_working_folder_cannot_take_credentials_elsewhere(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '[sources.nitrc_ir]\nbase_url = "https://elsewhere.example.org"\n'
    Path("fairscan.toml").write_text(text)
    assert settings().sources["nitrc_ir"].base_url == "https://elsewhere.example.org"
    monkeypatch.setenv("FAIRSCAN_NITRC_IR_TOKEN", "t")
    with pytest.raises(UsageError, match="sends its credentials to another address"):
        settings()
    Path("fairscan.toml").rename(home / "fairscan.toml")
    assert settings().sources["nitrc_ir"].base_url == "https://elsewhere.example.org"


def test_an_alias_stands_for_the_source_it_is_an_alias_of() -> None:
    there = settings()
    assert [source.key for source in there.chosen(["nbia", "tcia"])] == ["tcia"]
    assert "nbia" not in [source.key for source in there.chosen([])]
