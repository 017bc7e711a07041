"""Whether a judge may be believed: against people, against baselines, calibrated, and the verdict."""
