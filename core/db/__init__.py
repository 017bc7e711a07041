"""Reading PostgreSQL where the ORM costs too much."""
