"""Gold releases: preview, request, release, download."""
