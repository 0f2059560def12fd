"""The Arrow schema of `series`: one row is the smallest thing that a download can select."""

from __future__ import annotations

import pyarrow as pa

from schemas.arrow import described

_TEXT = pa.string()

SERIES = pa.schema(
    [
        described("source", _TEXT, "Key of the source", nullable=False),
        described("dataset_id", _TEXT, "The dataset that holds the series", nullable=False),
        described(
            "derived_dataset_id", _TEXT, "The analysis-result dataset that published the series"
        ),
        described("subject", _TEXT, "DICOM Patient ID (0010,0020) or participant"),
        described("study", _TEXT, "Study Instance UID (0020,000D) or session"),
        described("series", _TEXT, "Series Instance UID (0020,000E), scan or run", nullable=False),
        described(
            "modality", _TEXT, "Modality (0008,0060), a code of DICOM CID 29; null: unmapped"
        ),
        described("modality_raw", _TEXT, "Modality as published"),
        described(
            "body_part", _TEXT, "Anatomic region, SNOMED CT label; null: unknown or unmapped"
        ),
        described("body_part_code", _TEXT, "SNOMED CT code of body_part"),
        described("laterality", _TEXT, "L, R or B where the published value says so"),
        described("body_part_raw", _TEXT, "Body Part Examined (0018,0015) as published"),
        described("manufacturer", _TEXT, "Manufacturer, one name a firm; null: unknown"),
        described("manufacturer_raw", _TEXT, "Manufacturer (0008,0070) as published"),
        described("model", _TEXT, "Manufacturer's Model Name (0008,1090)"),
        described("study_description", _TEXT, "Study Description (0008,1030)"),
        described("description", _TEXT, "Series Description (0008,103E)"),
        described("age_years", pa.float64(), "Patient's Age (0010,1010) in years; null: unknown"),
        described("age_band", _TEXT, "Ten-year band of the age; 90+ is one band (45 CFR 164.514)"),
        described("age_raw", _TEXT, "Patient's Age as published, unless the policy masked it"),
        described("sex", _TEXT, "Patient's Sex (0010,0040): M, F or O; null: unknown"),
        described("sex_raw", _TEXT, "Patient's Sex as published"),
        described("study_date", pa.date32(), "Study Date as published: shifted, not when acquired"),
        described("series_date", pa.date32(), "Series Date as published: shifted as study_date"),
        described("sop_class", _TEXT, "SOP Class UID (0008,0016)"),
        described("transfer_syntax", _TEXT, "Transfer Syntax UIDs (0002,0010), comma-separated"),
        described("instances", pa.int64(), "Number of instances (files)"),
        described("bytes", pa.int64(), "Size in bytes"),
        described("licence", _TEXT, "SPDX expression; null: not certain"),
        described("licence_raw", _TEXT, "Licence as published"),
        described("doi", _TEXT, "DOI of the part that the series belongs to, bare, lower-case"),
        described("url", _TEXT, "Where its files lie"),
        described("version", pa.int32(), "Version of the source in which it was read"),
        described("first_version", pa.int32(), "First version of the source that held the series"),
        described("revised_version", pa.int32(), "Version of the source that last changed it"),
    ]
)
