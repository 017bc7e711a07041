"""Demonstration data, written for this project: a recorded evaluation, people who labelled part of it, and tasks
left for the visitor. It is named demonstration data wherever it is shown.
"""
