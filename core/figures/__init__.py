"""Figures as lines, points and words: `files` writes them as SVG and PDF."""
