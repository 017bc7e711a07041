"""Files into the database: recorded runs, questions, catalogues. One transaction a file; clear refusals."""
