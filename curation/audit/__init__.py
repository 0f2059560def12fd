"""The audit: what was de-identified, when, by whom and how, in a record that shows tampering."""
