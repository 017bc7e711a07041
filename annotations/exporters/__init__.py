"""Gold releases as files. Each exporter yields bytes, so that an export of any size streams."""
