"""Ratings that are numbers: how far a judge is from people, how to read its scores, and how alike the two are."""
