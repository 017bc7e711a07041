"""What is computed from the items of runs: metrics, comparisons, costs, failures by stage."""
