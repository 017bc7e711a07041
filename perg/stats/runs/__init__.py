"""Metrics of runs: breakage, alignment failure, robustness, paired runs, Pref-Aligner's stages."""
