"""Files of other tools, and cells that no spreadsheet runs."""
