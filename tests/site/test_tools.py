"""The pages of tools, and the links from data to the tools that read and show it."""

from __future__ import annotations

from html import unescape

import httpx

from catalog.tools import Opened, load
from tests.site.rendered import CHARTS, dataset_page

VIEWER = "https://viewer.imaging.datacommons.cancer.gov"


def test_every_tool_has_a_page_that_the_list_leads_to(server: str) -> None:
    html = httpx.get(f"{server}/tools").text
    with httpx.Client(base_url=server) as client:
        for key, tool in load().items():
            assert f'href="/tools/{key}"' in html
            page = client.get(f"/tools/{key}")
            assert page.status_code == 200
            assert tool.roles[0].does in unescape(page.text)


def test_the_list_is_narrowed_by_address(server: str) -> None:
    asked = {"category": "annotation", "format": "application/x-nifti"}
    html = httpx.get(f"{server}/tools", params=asked).text
    assert "7 tools</h2>" in html
    assert 'href="/tools/itk-snap"' in html
    assert 'href="/tools/orthanc"' not in html


def test_what_is_no_tool_and_no_category_is_refused(server: str) -> None:
    assert httpx.get(f"{server}/tools/none").status_code == 404
    answer = httpx.get(f"{server}/tools?category=magic")
    assert answer.status_code == 400
    assert "no category &#39;magic&#39; among tools" in answer.text


def test_a_dataset_names_the_tools_that_read_it_and_opens_in_its_viewer(server: str) -> None:
    html = httpx.get(f"{server}/dataset/idc:prostatex").text
    assert '<a href="/tools/slicer">3D Slicer</a>' in html
    assert f'<a href="{VIEWER}/v3/viewer/?StudyInstanceUIDs=1.' in html
    assert "One with MR in OHIF</a>" in html


def test_rows_of_a_cohort_open_in_the_viewer_of_their_modality(server: str) -> None:
    slides = httpx.get(f"{server}/cohort?modality=SM").text
    assert f'href="{VIEWER}/slim/studies/' in slides
    assert "/v3/viewer/" not in slides
    assert VIEWER not in httpx.get(f"{server}/cohort?modality=SEG").text


def test_a_page_without_tools_and_viewers_does_not_speak_of_them() -> None:
    bare = dataset_page()
    assert "Tools for it" not in bare and "Look at it" not in bare
    found = [Opened("OHIF", "1.2", "CT", f"{VIEWER}/v3/viewer/?StudyInstanceUIDs=1.2")]
    full = dataset_page(CHARTS, served={"Store and show": [load()["orthanc"]]}, opened=found)
    assert '<a href="/tools/orthanc">Orthanc</a>' in full
    assert "One with CT in OHIF</a>" in full
