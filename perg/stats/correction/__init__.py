"""Corrected rates of runs and slices, and whether their intervals hold their level."""
