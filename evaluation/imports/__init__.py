"""Imports by a worker: files are stored, a job imports them, and says how far it is."""
