"""A profile of one's own is read whole or refused, with the file, the key and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.profiles import Profile, load
from curation.standard.table import keywords
from schemas.errors import PolicyError, UsageError

HEAD = 'name = "ours"\nversion = "1"\ntitle = "Ours"\ndescription = "For us."\n'


def _write(folder: Path, text: str, name: str = "ours.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _load(folder: Path, text: str) -> Profile:
    return load(_write(folder, HEAD + text))


def test_a_profile_may_extend_one_by_name_and_change_an_attribute(tmp_path: Path) -> None:
    ours = _load(tmp_path, 'extends = ["research"]\n[attributes]\nStationName = "K"\n')
    research = load("research")
    assert ours.name == "ours"
    assert ours.options == research.options
    assert ours.code(keywords()["StationName"]) == "K"
    assert "StationName" in ours.deviations
    assert ours.digest != research.digest


def test_a_profile_may_extend_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    other = HEAD.replace("ours", "theirs") + 'extends = ["hipaa"]\n[settings]\ndates = "shift"\n'
    _write(tmp_path / "below", other, "theirs.toml")
    ours = _load(tmp_path, 'extends = ["below/theirs.toml"]\n')
    assert (ours.dates, ours.clean_faces) == ("shift", True)


def test_the_same_content_has_the_same_digest_whatever_it_is_called(tmp_path: Path) -> None:
    assert _load(tmp_path, 'extends = ["research"]\n').digest == load("research").digest


def test_the_basic_profile_is_under_every_profile_wherever_it_is_named(tmp_path: Path) -> None:
    first = _load(tmp_path, 'extends = ["basic", "retain_modified_dates"]\n')
    last = _load(tmp_path, 'extends = ["retain_modified_dates", "basic"]\n')
    none = _load(tmp_path, 'extends = ["retain_modified_dates"]\n')
    assert first.digest == last.digest == none.digest == load("retain_modified_dates").digest


def test_an_option_can_be_left_out(tmp_path: Path) -> None:
    ours = _load(
        tmp_path,
        'extends = ["research"]\n'
        'without = ["retain_modified_dates", "retain_patient_characteristics"]\n',
    )
    assert (ours.dates, ours.ages) == ("remove", "remove")
    assert ours.code(keywords()["PatientSex"]) == "Z"


def test_full_dates_may_take_the_place_of_modified_dates(tmp_path: Path) -> None:
    ours = _load(
        tmp_path,
        'extends = ["research", "retain_full_dates"]\nwithout = ["retain_modified_dates"]\n',
    )
    assert ours.dates == "keep"
    assert ours.code(keywords()["StudyDate"]) == "K"


def test_cleaning_goes_before_keeping_where_two_options_name_an_attribute(tmp_path: Path) -> None:
    both = _load(tmp_path, 'extends = ["retain_device_identity", "retain_modified_dates"]\n')
    calibrated = keywords()["DateOfLastCalibration"]
    assert load("retain_device_identity").code(calibrated) == "K"
    assert both.code(calibrated) == "C"
    own = 'extends = ["research"]\n[attributes]\nDateOfLastCalibration = "K"\n'
    assert _load(tmp_path, own).code(calibrated) == "K"


def test_an_attribute_outside_the_table_can_be_named(tmp_path: Path) -> None:
    ours = _load(tmp_path, '[attributes]\nManufacturer = "X"\n00081090 = "Z"\n')
    assert ours.code(0x00080070) == "X"
    assert ours.code(0x00081090) == "Z"
    assert load("basic").code(0x00080070) is None
    assert ours.deviations == ()


def test_a_profile_that_keeps_a_name_does_not_claim_that_identity_is_removed(
    tmp_path: Path,
) -> None:
    ours = _load(tmp_path, '[attributes]\nPatientName = "K"\n')
    assert ours.declares()["PatientIdentityRemoved"] == "NO"
    assert ours.deviations == ("PatientName",)


@pytest.mark.parametrize(
    ("text", "what", "do"),
    [
        ("colour = 1\n", "the top has an unknown key: 'colour'", "Allowed: attributes"),
        ("[settings]\ncolour = 'red'\n", "settings has an unknown key: 'colour'", "ages, dates"),
        ("[settings]\ndates = 'later'\n", "settings.dates is 'later'", "remove, year, shift, keep"),
        ("[settings]\nages = 5\n", "settings.ages is 5", "remove, limit, keep"),
        ("[settings]\nages = ['keep']\n", "settings.ages is ['keep']", "remove, limit, keep"),
        ("[settings]\ntext = 'clean'\n", "settings.text cannot be set", "clean_descriptors"),
        ("[settings]\npixels = 'clean'\n", "settings.pixels cannot be set", "clean_pixel_data"),
        ("settings = 1\n", "settings is not a table", "[settings]"),
        ("attributes = []\n", "attributes is not a table", "[attributes]"),
        ("[attributes]\nPatientNam = 'X'\n", "no attribute 'PatientNam'", "PatientID"),
        ("[attributes]\n00091001 = 'X'\n", "no attribute '00091001'", "PatientID"),
        ("[attributes]\nPatientName = 'Q'\n", "attributes.PatientName is 'Q'", "D, Z, X, K, C, U"),
        ("[attributes]\nPatientName = 1\n", "attributes.PatientName is 1", "D, Z, X, K, C, U"),
        ("[attributes]\nPatientName = 'U'\n", "is U, but its VR is PN", "D, Z, X, C or K"),
        ("[attributes]\nMakerNote = 'C'\n", "is OB, which cannot be cleaned", "D, Z, X or K"),
        ("extends = 'research'\n", "extends is not a list", 'extends = ["..."]'),
        ("extends = [1]\n", "extends is not a list", 'extends = ["..."]'),
        (
            "extends = ['researches']\n",
            "there is no profile 'researches'",
            "basic, gdpr, hipaa, research",
        ),
        ("extends = ['none.toml']\n", "cannot be read: No such file", "readable"),
        ("extends = ['ours.toml']\n", "this profile extends itself", "Take it out"),
        ('extends = ["\\u001b[2J.toml"]\n', "cannot be printed", "Take them out"),
        ("without = ['clean_dreams']\n", "without is 'clean_dreams'", "retain_uids"),
        ("without = ['retain_uids']\n", "without has retain_uids, which is not on", "Take it out"),
        ("option = 'clean_dreams'\n", "option is 'clean_dreams'", "retain_uids"),
        (
            "extends = ['research', 'retain_full_dates']\n",
            "retain_full_dates and retain_modified_dates are both on",
            "one in without",
        ),
        (
            "extends = ['research']\n[settings]\ndates = 'keep'\n",
            "settings.dates is keep, but the options that are on mean shift or year",
            "extend retain_full_dates",
        ),
        (
            "[settings]\ndates = 'shift'\n",
            "settings.dates is shift, but the options that are on mean remove",
            "extend retain_modified_dates",
        ),
        (
            "extends = ['research']\n[settings]\ndates = 'remove'\n",
            "settings.dates is remove",
            "Set dates to shift or year",
        ),
        (
            "[settings]\nages = 'keep'\n",
            "without retain_patient_characteristics ages are removed",
            "set ages to remove",
        ),
        ("[identifiers.A]\nnamed = 'x'\n", "identifiers.A.done is missing", "Say it"),
        ("[identifiers]\nA = 1\n", "identifiers.A is not a table", "[identifiers.A]"),
        ("[identifiers.'a b']\n", "a key of identifiers is 'a b'", "letters and digits"),
        (
            "[identifiers.A]\nnamed = 'x'\ndone = 'y'\nattributes = ['Nobody']\n",
            "no attribute 'Nobody'",
            "PatientID",
        ),
        ("=", "the profile is not TOML", "Correct that place"),
        ("a = " + "[" * 5000, "the profile", ""),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(
    tmp_path: Path, text: str, what: str, do: str
) -> None:
    with pytest.raises(PolicyError) as refused:
        _load(tmp_path, text)
    assert what in refused.value.what
    assert do in (refused.value.do or "")
    assert (refused.value.where or "").startswith(str(tmp_path))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('name = "Ours"', "name is 'Ours'"),
        ('name = "../ours"', "name is '../ours'"),
        ('name = "research"', "name is 'research', which fairscan's own has"),
        ("name = 1", "name is missing or empty"),
        ('name = ""', "name is missing or empty"),
        ('name = "a\\u001b[2J"', "name has characters that cannot be printed"),
    ],
)
def test_a_name_is_a_plain_word_of_its_own(tmp_path: Path, line: str, what: str) -> None:
    path = _write(tmp_path, HEAD.replace('name = "ours"', line))
    with pytest.raises(PolicyError) as refused:
        load(path)
    assert refused.value.what == what


@pytest.mark.parametrize("key", ["name", "version", "title", "description"])
def test_what_a_profile_must_say_of_itself(tmp_path: Path, key: str) -> None:
    lines = [line for line in HEAD.splitlines() if not line.startswith(key)]
    with pytest.raises(PolicyError, match=f"{key} is missing or empty"):
        load(_write(tmp_path, "\n".join(lines)))


def test_a_circle_of_profiles_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, HEAD.replace("ours", "a") + 'extends = ["b.toml"]\n', "a.toml")
    _write(tmp_path, HEAD.replace("ours", "b") + 'extends = ["./a.toml"]\n', "b.toml")
    with pytest.raises(PolicyError, match="extends itself"):
        load(tmp_path / "a.toml")


def test_profiles_that_multiply_are_refused_in_time(tmp_path: Path) -> None:
    for number in range(30):
        following = f'extends = ["{number + 1}.toml", "{number + 1}.toml"]\n'
        _write(tmp_path, HEAD + (following if number < 29 else ""), f"{number}.toml")
    with pytest.raises(PolicyError, match="more than 64 profiles"):
        load(tmp_path / "0.toml")


def test_a_file_that_is_no_text_or_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyError, match="not TOML"):
        load(path)
    path.write_bytes(b"#" * (1 << 20) + b"\n#")
    with pytest.raises(PolicyError, match="longer than 1 MiB"):
        load(path)
    with pytest.raises(PolicyError, match="cannot be read"):
        load(str(tmp_path / "\0.toml"))
    with pytest.raises(UsageError, match="there is no profile 'reserch'"):
        load("reserch")
