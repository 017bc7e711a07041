"""Tables of ratings, and how far apart two ratings are on their scale."""
