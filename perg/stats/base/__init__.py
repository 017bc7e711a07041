"""What every measure stands on: estimates, intervals, resampling, proportions, pooled draws."""
