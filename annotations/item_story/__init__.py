"""All that is known of one item, on one page."""
