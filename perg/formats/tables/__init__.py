"""Tables as people have them: CSV in any dialect, spreadsheets, JSON, JSON lines, Parquet → rows of named cells.

`opening.open_table` is the door. What a file is gets recognised (`layout.TableLayout`), and can be corrected by hand.
"""
