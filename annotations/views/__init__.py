"""Pages of labelling, by subject: for annotators the task in hand, for leads the campaign."""
