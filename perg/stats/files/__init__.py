"""Files of ratings as tables: what they mean, on which scale, and what is wrong with them."""
