"""Speed and memory as ratios measured in one run; run by `make bench`, never part of a test."""
