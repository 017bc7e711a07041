"""Passwords in tests: hashed as everywhere, but once instead of a million times, which takes half a second each."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    iterations = 1
