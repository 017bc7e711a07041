"""Figures of results as lines, points and words: a template draws them as SVG, `exporters.figures` as PDF."""
