"""What every REST view needs: queries, pages, permissions, idempotency, conditional requests."""
