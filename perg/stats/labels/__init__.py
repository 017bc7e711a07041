"""One of k labels, or any of k: the share of each, how often a judge gets it wrong, and agreement of whole sets."""
