"""What every page needs: the person who asks, lists by key, ranged files, headers."""
