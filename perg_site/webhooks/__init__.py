"""Telling other programs what has happened: an outbox in the database, signed requests, retries, a log."""
