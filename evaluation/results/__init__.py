"""What runs say: metrics, comparisons, analyses, figures, costs, and the items behind each number."""
