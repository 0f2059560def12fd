"""De-identifying whole folders: one keyed mapping, one record of what was done."""
