"""The evaluation over REST: runs and their metrics, for staff."""
