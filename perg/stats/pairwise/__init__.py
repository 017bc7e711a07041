"""Which of two is better: win rates, position bias, strengths of many systems, and their ranks."""
