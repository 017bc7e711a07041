"""A campaign of imported ratings whose items have something to see, for tests."""

from annotations.models import Campaign, ImportedItem
from core.models import User
from perg.formats.rated_items import Block, Exhibit, dump_exhibit
from tests.rated_criteria import campaign_of_criteria


def campaign_of_exhibits(lead: User, *, name: str = "several") -> Campaign:
    """Sixty items with criteria of every kind; each exhibit says its number in words of its own."""
    campaign = campaign_of_criteria(lead=lead, name=name)
    items = list(campaign.imported_items.all())
    for item in items:
        question, answer = f"Question {item.position}?", f"“Answer” <{item.position}>"
        exhibit = Exhibit((Block("text", question),), ((Block("markdown", answer),),))
        item.exhibit = dump_exhibit(exhibit)
    ImportedItem.objects.bulk_update(items, ["exhibit"])
    return campaign
