"""Estimates with their intervals: arrays in, frozen dataclasses out.

Nothing here knows of Django, of a database or of the clock, and randomness comes in as an explicit generator,
so every number can be derived by hand in a test. A quantity that the data do not define is an `Estimate`
without a value and with a reason; it is never 0 and never NaN.
"""
