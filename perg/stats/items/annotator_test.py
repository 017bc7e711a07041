"""How the alternative annotator test scores and what a judge may lose in it: part of the input of a validation."""

from typing import Literal

Scoring = Literal["accuracy", "neg_rmse"]
AnnotatorType = Literal["expert", "skilled", "crowd"]

EPSILON: dict[AnnotatorType, float] = {"expert": 0.2, "skilled": 0.15, "crowd": 0.1}
"""What the judge may lose by, being cheaper: the authors' rule of thumb by who the people are (section 4.3, FAQ of
Calderon, Reichart & Dror, arXiv 2501.10970)."""
