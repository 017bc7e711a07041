"""Calls to models: queued, claimed, made, recorded, paid."""
