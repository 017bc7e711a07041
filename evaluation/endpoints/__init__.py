"""Model endpoints: address, key, limits, prices, health."""
