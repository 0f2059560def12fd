"""Queries of real users, with what answers them: how well the search ranks."""
