"""Takes the README's pictures anew: `python -m tests.site.shots ADDRESS` of a running site."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.site.conftest import FLAGS, chromium

FOLDER = Path(__file__).parents[2] / "site" / "screenshots"
PAGES = {
    "home": "/",
    "cohort": "/cohort?modality=MR&body_part=Prostate&age_min=50",
    "dataset": "/dataset/idc:prostatex",
}


def main(address: str) -> None:
    """One picture a page, light, 1280 by 900."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(
            viewport={"width": 1280, "height": 900}, color_scheme="light", reduced_motion="reduce"
        )
        for name, path in PAGES.items():
            page.goto(address + path)
            page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
