"""The web server's logs, for gunicorn's `--logger-class`."""

from typing import Any

from gunicorn import glogging

from core.logs.link_tokens import TokenFilter
from core.logs.secrets import SecretFilter


class Logger(glogging.Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own logger, that writes no secret of a link and no key."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.addFilter(TokenFilter())
            log.addFilter(SecretFilter())
