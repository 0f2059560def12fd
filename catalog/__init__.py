"""The catalogue: releases, refresh, search, cohorts, publishing and the command line."""
