"""From the columns of any table to rated items: what each column is for, guessed, corrected by hand, applied."""
