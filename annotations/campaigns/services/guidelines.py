"""Writing guidelines: every change is a new version, so that labels keep the one that they were made by."""

from django.db import transaction

from annotations.models import Campaign, Guidelines
from core.audit.writing import record
from core.errors import Conflict, DomainError
from core.models import User

GUIDELINES_LENGTH = 50_000


@transaction.atomic
def revise_guidelines(*, campaign: Campaign, text: str, author: User, based_on: int) -> Guidelines:
    """A new version of the campaign's guidelines, in force from now on. `based_on` is the version that was edited.

    Raises Conflict where another lead has written a newer one meanwhile, and DomainError where nothing is new.
    """
    text = text.strip()
    if len(text) > GUIDELINES_LENGTH or "\0" in text:
        raise DomainError(
            f"Guidelines are plain text of at most {GUIDELINES_LENGTH:,} characters.", field="text"
        )
    # One version at a time: the number is the next one.
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    newest = campaign.guidelines
    version = newest.version if newest else 0
    if version != based_on:
        author_of = newest.created_by.get_username() if newest and newest.created_by else "somebody"
        raise Conflict(
            f"Version {version} was written by {author_of} meanwhile. Your text is kept below: compare it with theirs "
            "and save again.",
            code="stale_guidelines",
            field="text",
        )
    if text == (newest.text if newest else ""):
        raise DomainError("Nothing has changed: there is no new version to make.", field="text")
    made = Guidelines.objects.create(campaign=campaign, version=version + 1, text=text, created_by=author)
    record("guidelines.revised", actor=author, scope=campaign, subject=made, version=made.version)
    return made
