"""The pages that import a table: the upload, its columns, the criteria, the preview."""
