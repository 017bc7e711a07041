"""What the API shows and takes of the evaluation, by subject."""
