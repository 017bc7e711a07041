"""Redis, and figures that a worker computes and the cache keeps."""
