"""Uploads and mappings of a person, and their files."""
