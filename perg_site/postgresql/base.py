"""The backend that `ENGINE` names; Django looks for it in a module of this name."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that was kept from an earlier request is good as long as the server has said nothing on it.

    A server that ends or restarts closes its connections, and that can be read: only then the question that Django
    puts to the server at every request is worth its price, about a tenth of what a label costs.
    """

    def is_usable(self) -> bool:
        if self.connection is None:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return bool(not waiting.poll(0) or super().is_usable())
