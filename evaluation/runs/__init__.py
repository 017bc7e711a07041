"""Runs and batches: launching, estimate, progress, failures, control."""
