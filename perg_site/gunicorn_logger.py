"""The web server's logs, for gunicorn's `--logger-class`."""

from typing import Any

from gunicorn import glogging

from perg_site.secrets_in_logs import SecretFilter
from perg_site.tokens_in_logs import TokenFilter


class Logger(glogging.Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own logger, that writes no secret of a link and no key."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.addFilter(TokenFilter())
            log.addFilter(SecretFilter())
