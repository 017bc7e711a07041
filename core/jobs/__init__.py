"""Work for workers: waking them, keeping a lease, saying why it failed."""
