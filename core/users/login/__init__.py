"""Logging in: passwords, limits on wrong ones, and what the audit log says of both."""
