"""NIfTI-1, NIfTI-2 and Analyze 7.5 as bytes: their header, extensions and compressed stream."""
