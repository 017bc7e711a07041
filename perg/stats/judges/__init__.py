"""Whether a judge can be trusted: against people, against baselines, calibrated, and the verdict."""
