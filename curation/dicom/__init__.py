"""DICOM files as trees of elements, read and written fast enough to look at every value."""
