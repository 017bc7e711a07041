"""Files as bytes and lines: opening, encoding, CSV, and formats that unfold."""
