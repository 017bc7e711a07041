"""What every measure needs: estimates, intervals, resampling, proportions, pooled draws."""
