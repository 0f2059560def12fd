"""The ground floor: what a dataset, a series, a source, a finding and a link are."""
