"""A campaign as its leads see it first: what all other features say of it, and the actions on its members."""
