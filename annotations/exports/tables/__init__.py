"""Tables that can be exported: columns with types and meaning, filters, and what a person may see."""
