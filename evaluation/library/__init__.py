"""Datasets and catalogues of preferences: bringing them in, building and reviewing them."""
