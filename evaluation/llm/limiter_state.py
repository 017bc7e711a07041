"""The state of the shared limit of calls, for people to look at."""

from dataclasses import dataclass

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry


@dataclass(frozen=True, slots=True)
class LimiterState:
    """Calls that may be in flight now, over all workers; slots that workers hold; and a pause by the provider."""

    limit: float
    held: int
    workers: int
    pause_seconds: float


def limiter_state(redis_url: str, *, key: str) -> LimiterState | None:
    """The state of the limit with this key; None where nobody has called in the last hour, or Redis is away."""
    client = Redis.from_url(
        redis_url,
        socket_timeout=1.0,
        socket_connect_timeout=1.0,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
    try:
        state = {
            str(name): str(value) for name, value in client.hgetall(f"perg:limit:{{{key}}}:state").items()
        }
        seconds, microseconds = client.time()
        # A worker that was killed has its slots until its lease runs out.
        alive = [
            str(worker)
            for worker in client.zrangebyscore(f"perg:limit:{{{key}}}:workers", seconds * 1000, "+inf")
        ]
    except (RedisError, OSError):
        return None
    finally:
        client.close()
    if "limit" not in state:
        return None
    now = seconds * 1000 + microseconds / 1000
    return LimiterState(
        limit=float(state["limit"]),
        held=sum(int(float(state.get(f"held:{worker}", "0"))) for worker in alive),
        workers=len(alive),
        pause_seconds=max(float(state.get("not_before", "0")) - now, 0.0) / 1000,
    )
