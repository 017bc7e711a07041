"""Tables of any kind → the items, criteria and ratings of a campaign: uploaded, mapped, checked, imported."""
