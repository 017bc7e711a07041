"""Items with the ratings of people and judges: what a validation takes in."""
