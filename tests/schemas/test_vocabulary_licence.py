"""A licence is an SPDX expression where its name is certain, and unknown where it is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from license_expression import get_spdx_licensing

from schemas.errors import VocabularyError
from schemas.vocabulary import licence

SPDX = sorted(
    key for key, symbol in get_spdx_licensing().known_symbols.items() if not symbol.is_exception
)


@pytest.mark.parametrize(
    ("raw", "spdx"),
    [
        ("CC BY 3.0", "CC-BY-3.0"),
        ("CC BY 4.0", "CC-BY-4.0"),
        ("cc-by-4.0", "CC-BY-4.0"),
        ("CC BY-NC 4.0", "CC-BY-NC-4.0"),
        ("CC-BY-NC 4.0", "CC-BY-NC-4.0"),
        ("CC BY-NC-SA 4.0", "CC-BY-NC-SA-4.0"),
        ("CC BY-NC-ND 3.0 Unported", "CC-BY-NC-ND-3.0"),
        ("Creative Commons Attribution 4.0 International License", "CC-BY-4.0"),
        ("Creative Commons Attribution 4.0 International", "CC-BY-4.0"),
        ("Creative Commons Attribution 3.0 Unported License", "CC-BY-3.0"),
        ("Creative Commons Attribution-NonCommercial 3.0 Unported License", "CC-BY-NC-3.0"),
        ("Creative Commons Attribution Non Commercial No Derivatives 4.0", "CC-BY-NC-ND-4.0"),
        (
            "Creative Commons Attribution-ShareAlike 4.0 International (CC BY-SA 4.0)",
            "CC-BY-SA-4.0",
        ),
        ("CC0", "CC0-1.0"),
        ("CC-0", "CC0-1.0"),
        ("PDDL", "PDDL-1.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("GPL-3.0+", "GPL-3.0-or-later"),
        ("CC-BY-4.0 and CC0-1.0", "CC-BY-4.0 AND CC0-1.0"),
        (
            "National Library of Medicine Terms and Conditions; May 21, 2019",
            "LicenseRef-NLM-Terms-2019",
        ),
    ],
)
def test_a_certain_name_is_read_as_its_licence(raw: str, spdx: str) -> None:
    assert licence.normalise(raw) == spdx


@pytest.mark.parametrize("start", ["http://", "https://", "https://www.", "HTTPS://", ""])
@pytest.mark.parametrize("end", ["", "/", "/legalcode", "/deed.en", "/legalcode.en", "/?ref=x"])
def test_any_address_of_a_licence_is_read(start: str, end: str) -> None:
    assert licence.normalise(f"{start}creativecommons.org/licenses/by-nc/4.0{end}") == (
        "CC-BY-NC-4.0"
    )


@pytest.mark.parametrize(
    ("raw", "spdx"),
    [
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://creativecommons.org/licenses/by/3.0/us/", "CC-BY-3.0-US"),
        ("http://opendatacommons.org/licenses/pddl/1-0/", "PDDL-1.0"),
        (
            "https://www.nlm.nih.gov/databases/download/terms_and_conditions.html",
            "LicenseRef-NLM-Terms-2019",
        ),
    ],
)
def test_an_address_is_read_as_its_licence(raw: str, spdx: str) -> None:
    assert licence.normalise(raw) == spdx


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "  ",
        "CC BY",
        "CC BY-NC-SA",
        "CC BY 9.9",
        "CC BY-XX 4.0",
        "CC BY 3.0, CC BY 4.0",
        "NIH Controlled Data Access Policy",
        "TCIA Limited Access License",
        "research purposes only",
        "Creative Commons Attribution 4.0 International (CC BY-NC 4.0)",
        "https://creativecommons.org/licenses/by/4.0.evil/",
        "https://creativecommons.org/licenses/by/3.0/zz/",
        "https://creativecommons.org/publicdomain/zero/2.0/",
        "https://example.org/licenses/by/4.0/",
        "Classpath-exception-2.0",
        "((",
        " AND ".join(["CC-BY-4.0"] * 40),
    ],
)
def test_what_is_not_certain_is_unknown(raw: str | None) -> None:
    assert licence.normalise(raw) is None


@pytest.mark.parametrize(
    ("spdx", "openness"),
    [
        ("CC0-1.0", "open"),
        ("CC-BY-4.0", "open"),
        ("CC-BY-SA-4.0", "open"),
        ("Apache-2.0", "open"),
        ("Artistic-2.0", "open"),
        ("CC-BY-NC-4.0", "non-commercial"),
        ("CC-BY-NC-SA-4.0", "non-commercial"),
        ("CC-BY-ND-4.0", "no-derivatives"),
        ("CC-BY-NC-ND-4.0", "no-derivatives"),
        ("LicenseRef-NLM-Terms-2019", "custom"),
        ("BUSL-1.1", "custom"),
        ("CC-BY-4.0 AND CC-BY-NC-4.0", "non-commercial"),
        ("CC-BY-4.0 OR CC-BY-NC-4.0", "open"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "open"),
    ],
)
def test_a_licence_says_how_open_it_is(spdx: str, openness: str) -> None:
    assert licence.get(spdx).openness == openness


def test_a_licence_has_a_short_name_and_an_address() -> None:
    assert licence.get("CC-BY-NC-4.0") == (
        "CC-BY-NC-4.0",
        "CC BY-NC 4.0",
        "https://creativecommons.org/licenses/by-nc/4.0/",
        "non-commercial",
    )


@pytest.mark.parametrize("spdx", ["CC BY 4.0", "cc-by-4.0", "", "LicenseRef-Other", "(MIT)"])
def test_what_is_not_spdx_is_refused(spdx: str) -> None:
    with pytest.raises(VocabularyError, match="not an SPDX licence expression"):
        licence.get(spdx)


@settings(deadline=None)
@given(st.sampled_from([*SPDX, "LicenseRef-NLM-Terms-2019"]))
def test_the_label_of_a_licence_reads_back_as_it(spdx: str) -> None:
    known = licence.get(spdx)
    assert known.openness in licence.OPENNESS
    assert licence.normalise(known.label) == spdx
    assert licence.normalise(spdx) == spdx


@settings(deadline=None)
@given(st.text(max_size=400))
def test_no_text_is_read_as_something_that_is_not_a_licence(raw: str) -> None:
    spdx = licence.normalise(raw)
    assert spdx is None or licence.get(spdx).spdx == spdx
