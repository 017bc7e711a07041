"""Judging imported items: endpoints are asked the criteria of a campaign, with a prompt of one's own."""
