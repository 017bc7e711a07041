"""Figures as lines, points and words: a template draws them as SVG, `figure_files` as PDF."""
