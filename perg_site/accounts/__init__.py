"""Accounts: sessions, what they end with, a second factor, and the log of how people came in."""
