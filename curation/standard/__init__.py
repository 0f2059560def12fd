"""What the DICOM standard says of confidentiality, as tables: read lazily, never typed in."""
