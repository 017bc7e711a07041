"""How Celery's workers are started, by `manage.py up` and in tests; docker-compose.yml says the same.

Each queue has workers of its own, so that nothing that waits for another server keeps anybody's report waiting.
"""

ARGUMENTS = {
    # Reports, exports, bookkeeping: they compute, so each has a process.
    "worker": ("--queues=default", "--concurrency=2"),
    # Calls to other servers: they wait, so each has a thread. A drain holds one for as long as it calls its endpoint.
    "worker-llm": ("--queues=llm", "--pool=threads", "--concurrency=32"),
}


def worker_command(name: str) -> tuple[str, ...]:
    """What follows `python -m` to start the worker of this name."""
    options = ("--loglevel=INFO", "--without-gossip", "--without-mingle")
    return ("celery", "-A", "perg_site", "worker", *ARGUMENTS[name], f"--hostname={name}@%h", *options)
