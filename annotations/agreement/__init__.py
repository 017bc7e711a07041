"""How far raters agree, people and judges alike, on a scale and on followed / not followed.

All modules but `report` are free of Django: ratings come in as a `RatingTable` or as arrays with NaN for a
missing rating, and go out as frozen dataclasses of `Estimate`s. Raw agreement is never given alone; what the
data do not define has a reason in place of a value.
"""
