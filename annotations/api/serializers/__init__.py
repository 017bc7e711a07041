"""What the API shows and takes of labelling, by subject."""
