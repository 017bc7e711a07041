"""The engine: one row for each call to a model, and the steps that move runs on."""
