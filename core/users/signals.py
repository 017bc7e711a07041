"""What others may want to know of people. Each is sent inside the transaction that makes it true.

A receiver that raises undoes the transaction: it writes down what is to be done, and does it after the commit.
"""

from django.dispatch import Signal

account_deactivated = Signal()
"""`user`, `actor`: the person is shut out, and nothing may act for them any more."""

rights_changed = Signal()
"""`user`, `actor`, `is_admin_changed`: the person has gained or lost a role, of an admin or in a campaign."""
