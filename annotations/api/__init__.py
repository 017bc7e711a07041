"""Labelling over REST: campaigns and their agreement."""
