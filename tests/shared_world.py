"""What takes long to build in the database, built once for all tests of a module."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from django.db import transaction
from pytest_django import DjangoDbBlocker

T = TypeVar("T")


@contextmanager
def built_once(blocker: DjangoDbBlocker, build: Callable[[], T]) -> Iterator[T]:
    """For a fixture of scope "module": what `build` makes lies in a transaction around the module's tests.

    What a test changes in the database is undone after the test, and the rest after the last one. A module that uses
    it has no test that commits; its tests reload what they change, for the objects are shared.
    """
    with ExitStack() as around:
        with blocker.unblock():
            around.enter_context(transaction.atomic())
            built = build()
        yield built
        with blocker.unblock():
            transaction.set_rollback(True)
            around.close()
