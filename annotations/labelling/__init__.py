"""The annotator's way: claim a task, draft, submit, skip, look back."""
