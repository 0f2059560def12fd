"""Every tool of the review is listed once; a dataset is told which of them can read it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from catalog.reader import Reader
from catalog.tools import listed, load, opened, serving
from schemas.errors import FairscanError, UsageError
from schemas.tool import Tool
from tests.commands import Fairscan

TOOLS = load()
ALL = list(TOOLS.values())


def tool(key: str, **fields: Any) -> Tool:
    role = {"category": "annotation", "does": "Annotates."}
    return Tool.model_validate({"key": key, "name": key, "roles": [role], **fields})


def record(**fields: Any) -> dict[str, Any]:
    return {"formats": [], "distributions": [], "modalities": [], **fields}


def test_every_row_of_the_four_tables_and_the_defacing_tools_of_the_text_are_there() -> None:
    rows = Counter((role.category.value, role.table) for t in ALL for role in t.roles)
    assert rows == {
        ("de-identification", 1): 16,
        ("curation", 2): 12,
        ("storage", 3): 10,
        ("annotation", 4): 13,
        ("defacing", None): 4,
        ("annotation", None): 1,  # Slim, which the review does not list
    }


@pytest.mark.parametrize(
    ("key", "tables"),
    [("posda", [1, 2]), ("dcmtk", [1, 2]), ("dvtk", [1, 2]), ("dcm4che", [2, 3]),
     ("horos", [1, 4])],
)  # fmt: skip
def test_a_tool_of_two_tables_is_one_tool_with_two_roles(key: str, tables: list[int]) -> None:
    assert [role.table for role in TOOLS[key].roles] == tables


def test_every_fact_that_can_be_doubted_says_how_it_is_known() -> None:
    for t in ALL:
        facts = {
            "formats": t.reads or t.writes,
            "licence": t.licence or t.licence_raw,
            "paper": t.paper,
            "status": t.status,
        }
        for group, told in facts.items():
            grade = getattr(t.known, group)
            assert bool(told) == bool(grade), (t.key, group, told, grade)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[tool.x\n", "line 1"),
        ('[tool.x]\nname = "X"\nroles = []\n', "roles"),
        ('[tool.x]\nname = "X"\nroles = [{category = "magic", does = "It."}]\n', "category"),
        ('[tool.x]\nname = "X"\nroles = [{category = "storage", does = "It."}]\n'
         'licence = "BSD"\n', "licence"),
        ('[tool.x]\nname = "X"\nroles = [{category = "storage", does = "It."}]\n'
         'paper = "https://doi.org/10.1234/A"\n', "paper"),
        ('[tool.x]\nname = "X"\nroles = [{category = "storage", does = "It."}]\n'
         'url = "javascript:alert(1)"\n', "url"),
        ("x = 1\n", "tool"),
    ],
)  # fmt: skip
def test_a_broken_entry_is_refused_with_what_is_wrong(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = tmp_path / "tools.toml"
    path.write_text(text)
    with pytest.raises(FairscanError, match=r"not a tool") as refused:
        load(path)
    assert reason in str(refused.value)
    assert "tools.toml" in str(refused.value)


def test_a_tool_serves_a_dataset_by_its_format_or_that_of_a_part() -> None:
    nifti = tool("n", reads=["application/x-nifti"])
    dicom = tool("d", reads=["application/dicom"])
    both = [nifti, dicom]
    assert serving(both, record(formats=["application/x-nifti"])) == {"Open and annotate": [nifti]}
    part = [{"format": "application/dicom"}, {"format": None}]
    assert serving(both, record(distributions=part)) == {"Open and annotate": [dicom]}
    assert serving(both, record()) == {}


def test_a_tool_for_some_modalities_serves_only_those() -> None:
    slides = tool("s", reads=["application/dicom"], modalities=["SM"])
    dicom = {"formats": ["application/dicom"]}
    assert serving([slides], record(**dicom, modalities=["SM", "CT"]))
    assert not serving([slides], record(**dicom, modalities=["CT"]))
    assert not serving([slides], record(**dicom))


def test_living_tools_come_first_and_those_that_are_gone_are_left_out() -> None:
    reads = {"reads": ["application/dicom"]}
    tools = [tool("a", **reads), tool("b", **reads, status="alive"),
             tool("c", **reads, status="gone")]  # fmt: skip
    (found,) = serving(tools, record(formats=["application/dicom"])).values()
    assert [t.key for t in found] == ["b", "a"]


def test_no_tool_is_offered_to_de_identify_what_is_published() -> None:
    found = serving(ALL, record(formats=["application/dicom"], modalities=["MR"]))
    assert list(found) == ["Open and annotate", "Convert and check", "Store and show"]
    keys = {t.key for group in found.values() for t in group}
    assert {"slicer", "dcm2niix", "orthanc"} <= keys
    assert not keys & {"ctp", "deid", "pydeface"}


def test_radiology_of_idc_opens_in_ohif_and_slides_open_in_slim() -> None:
    studies = [("1.2.3", "CT"), ("1.2.4", "SM"), ("1.2.5", "SEG")]
    viewer = "https://viewer.imaging.datacommons.cancer.gov"
    assert [(o.tool, o.url) for o in opened(ALL, "idc", studies)] == [
        ("OHIF", f"{viewer}/v3/viewer/?StudyInstanceUIDs=1.2.3"),
        ("Slim", f"{viewer}/slim/studies/1.2.4"),
    ]
    assert opened(ALL, "tcia", studies) == []


def test_a_study_that_is_no_uid_opens_nowhere() -> None:
    for study in ('1.2"><script>', "1.2/../x", "", "1" * 65):
        assert opened(ALL, "idc", [(study, "CT")]) == []


def test_the_list_is_narrowed_by_category_and_by_format() -> None:
    found = listed(ALL, "annotation", "application/x-nifti")
    assert {"slicer", "itk-snap"} <= {t.key for t in found.tools}
    assert all("application/x-nifti" in t.reads for t in found.tools)
    assert found.categories["annotation"] == len(found.tools) == 7
    assert found.formats["application/x-nifti"] == 7
    assert len(listed(ALL).tools) == len(ALL) == 51


def test_a_category_or_a_format_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no category 'magic'.*: annotation, curation, de-id"):
        listed(ALL, "magic")
    with pytest.raises(UsageError, match="no format 'x/y'"):
        listed(ALL, "", "x/y")


def test_a_release_holds_every_tool_as_it_is_in_the_file(reader: Reader) -> None:
    assert sorted(reader.tools(), key=lambda t: t.key) == sorted(ALL, key=lambda t: t.key)


def test_a_study_of_each_modality_of_a_dataset_is_known(reader: Reader) -> None:
    studies = reader.studies("idc:prostatex")
    assert [modality for _, modality in studies] == ["MR", "SEG", "SR"]
    assert all(study.startswith("1.") for study, _ in studies)
    assert reader.studies("idc:none") == []


def test_the_command_lists_tools_and_refuses_what_is_none(
    fairscan: Fairscan, release_home: Path
) -> None:
    told = fairscan.json("tools", "--category", "defacing", home=release_home)
    assert [t["key"] for t in told] == ["mri-deface", "mridefacer", "pydeface", "quickshear"]
    line = fairscan.refuses("tools", "--category", "magic", home=release_home, code=2)
    assert line.startswith("no category 'magic' among tools. Use one of: annotation, ")
