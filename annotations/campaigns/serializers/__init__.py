"""Serializers of campaigns."""
