"""Keys of endpoints and secrets of the settings: which may be used, where they may be sent, kept out of texts.

Knows nothing of Django, so that the settings and the providers can use it.
"""
