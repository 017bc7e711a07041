"""Django's PostgreSQL backend, with a health check of its kept connections that costs no query."""
