"""Calling language models: request and reply types, the provider protocol and the providers. No Django here."""
