"""The audit log: writing it, reading it, downloading it."""
