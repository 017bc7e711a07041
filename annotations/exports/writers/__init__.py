"""Formats of exported tables. Each yields bytes, so that an export of any size streams."""
