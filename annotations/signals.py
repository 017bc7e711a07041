"""What others may want to know of labelling. Each is sent inside the transaction that makes it true.

A receiver that raises undoes the transaction: it writes down what is to be done, and does it after the commit.
"""

from django.dispatch import Signal

campaign_completed = Signal()
"""`campaign`: every task of it has its labels, and none waits for an adjudication."""

report_ready = Signal()
"""`report`: a validation report has been computed."""

gold_released = Signal()
"""`release`: a numbered gold release has been made."""
