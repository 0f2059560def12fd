"""Faces in head volumes: whether the region is there, as evidence and never as proof, and cuts."""
