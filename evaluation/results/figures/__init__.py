"""What the pages of results show: tables, figures, and the addresses of the items behind each number."""
