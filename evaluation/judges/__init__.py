"""Judges, rubrics, and trials: one call to see, and pairs with injected instructions."""
