"""How far raters agree: alpha, kappa, AC1, association, confusion, and their differences.

Raw agreement is never stated alone; what the data do not define has a reason in place of a value.
"""
