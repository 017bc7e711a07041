"""Campaigns: making them, sampling their tasks, settings, guidelines, progress."""
