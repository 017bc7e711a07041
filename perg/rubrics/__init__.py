"""What raters are asked: criteria of every kind, the codes of their answers, and answers as files write them."""
