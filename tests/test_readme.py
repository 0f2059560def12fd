"""The README does what it says: its commands run, and the files that it names are there."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from catalog.settings import settings
from curation.profiles import load
from schemas.source import Source
from tests.commands import Fairscan

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = [
    line
    for language, block in BLOCKS
    if language == "sh"
    for line in block.splitlines()
    if line.startswith("fairscan ")
]
STEWARD = [line for line in COMMANDS if re.search(r"scans|shared|who\.table", line)]
"""The commands about a folder of files, which follow one another."""


@pytest.mark.parametrize("line", [line for line in COMMANDS if line not in STEWARD])
def test_a_command_of_the_readme_runs(
    line: str, copied_demo: Path, fairscan: Fairscan, tmp_path: Path
) -> None:
    words = shlex.split(line, comments=True)[1:]
    words = [str(tmp_path / "subset.json") if word == "subset.json" else word for word in words]
    done = fairscan(*words, home=copied_demo)
    assert done.returncode == 0, done.stderr


def test_the_commands_of_a_steward_run_one_after_the_other(
    fairscan: Fairscan, tmp_path: Path
) -> None:
    here = fairscan.folder
    (here / "scans").mkdir()
    shutil.copy(get_testdata_file("CT_small.dcm"), here / "scans")
    codes = []
    for line in STEWARD:
        words = shlex.split(line, comments=True)[1:]
        done = fairscan(*words, home=tmp_path, env={"FAIRSCAN_PASSPHRASE": "a phrase for tests"})
        assert "Traceback" not in done.stderr
        codes.append(done.returncode)
    assert codes == [3, 3, 0, 0, 0, 0]
    assert (here / "report.html").exists()
    assert list((here / "shared").glob("*.dcm"))
    assert (here / "opened" / "uid.csv").exists()


def test_the_example_of_a_source_file_is_one() -> None:
    example = next(block for language, block in BLOCKS if language == "toml" and "key" in block)
    assert Source.model_validate(tomllib.loads(example)).key == "idc"


def test_the_examples_of_settings_are_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAIRSCAN_HOME", str(tmp_path / "home"))
    examples = [block for language, block in BLOCKS if language == "toml" and "[sources." in block]
    assert len(examples) == 2
    for example in examples:
        Path("fairscan.toml").write_text(example)
        assert set(tomllib.loads(example)["sources"]) <= set(settings().sources)


def test_what_the_readme_counts_is_what_the_demo_holds(demo_home: Path, fairscan: Fairscan) -> None:
    held = fairscan.json("status", home=demo_home)
    text = " ".join(TEXT.split())
    assert f"{held['datasets']:,} datasets, in {held['records']:,} records" in text
    assert f"{held['series']:,} series" in text
    rows = fairscan.json("sources", home=demo_home)
    assert f"of {len(rows)} sources" in text
    lists = sum(row["datasets"] for row in rows if row["kind"] == "lists")
    assert f"what others publish ({lists} entries " in text
    curated = [row for row in rows if row["curated"]]
    assert f"{len(curated)} more repositories" in text
    for row in rows:
        if row["datasets"] and row not in curated and row["kind"] != "lists":
            assert re.search(rf"\({row['datasets']:,}[ )]", text), row["key"]


def test_files_and_targets_that_the_readme_names_exist() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (README.parent / target).exists(), target
    makefile = (README.parent / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", TEXT, re.MULTILINE):
        assert f"\n{target}:" in makefile, target


def test_the_example_of_a_profile_is_one(tmp_path: Path) -> None:
    example = next(block for language, block in BLOCKS if language == "toml" and "extends" in block)
    (tmp_path / "our.toml").write_text(example)
    profile = load(str(tmp_path / "our.toml"))
    assert profile.name == "our-trial"
    assert profile.code(0x00081010) == "K"
