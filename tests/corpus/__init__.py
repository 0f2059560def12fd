"""A synthetic corpus of scans with an answer key: what identifies whom, where, and what does not.

Nothing here knows how the checks work: the words, the people and the places are its own.
"""
