"""Forms of the pages that import a table."""
