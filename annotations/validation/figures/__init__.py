"""Figures of a validation report as geometry: templates draw SVG from it, without a script."""
