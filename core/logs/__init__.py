"""Log lines: one record on one line, without keys, secrets, or the tokens of links."""
