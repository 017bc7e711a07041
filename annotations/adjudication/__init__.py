"""Deciding what people disagree on."""
