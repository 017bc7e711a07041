"""The imported items of a campaign for its leads: a list by their ratings, and one item as raters see it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from annotations.access import led_campaign
from annotations.items.forms import ItemFilterForm
from annotations.items.selectors.items import ItemFilter, filtered_items, neighbours, with_rank
from annotations.items.selectors.ratings import criteria_of, item_lines, judges_of, ratings_of
from annotations.labelling.selectors.item_labels import labels_of
from annotations.models import Campaign
from core.http.access import PersonRequest
from core.http.keyset import keyset_page
from core.http.page_query import PageQuery
from core.rows import existing

OF_PAGES = ("after", "before")


@require_GET
def imported_items(request: PersonRequest, campaign_id: int) -> HttpResponse:
    """A page of the items that the filters leave, and how many these are."""
    campaign = led_campaign(request.user, campaign_id)
    query, form = PageQuery(request), _form(request, campaign)
    context: dict[str, object] = {"campaign": campaign, "form": form, "filters": query.without(*OF_PAGES)}
    if not form.is_valid():
        return render(request, "annotations/items/items.html", context, status=422)
    chosen = form.chosen
    items = filtered_items(campaign, chosen)
    page = keyset_page(items, query, by=chosen.key)
    criteria = list(form.criteria.values()) if chosen.criterion is None else [chosen.criterion]
    context |= {
        "page": page,
        "lines": item_lines(page, criteria),
        "count": items.count(),
        "chosen": chosen,
        "is_narrowed": chosen != ItemFilter(order=chosen.order),
    }
    return render(request, "annotations/items/items.html", context)


@require_GET
def imported_item(request: PersonRequest, campaign_id: int, item_id: int) -> HttpResponse:
    """One item with all its ratings, and the way to its neighbours in the list that the filters give."""
    campaign = led_campaign(request.user, campaign_id)
    form = _form(request, campaign)
    chosen = form.chosen if form.is_valid() else ItemFilter()
    item = existing(with_rank(campaign.imported_items.all(), chosen).filter(pk=item_id), "item")
    before, after = neighbours(filtered_items(campaign, chosen), item, chosen.key)
    context = {
        "campaign": campaign,
        "item": item,
        "by_criterion": ratings_of([item], list(form.criteria.values()))[item.pk],
        "labels": labels_of(item),
        "before": before,
        "after": after,
        "filters": PageQuery(request).without(*OF_PAGES),
    }
    return render(request, "annotations/items/item.html", context)


def _form(request: PersonRequest, campaign: Campaign) -> ItemFilterForm:
    criteria = criteria_of(campaign)
    return ItemFilterForm(request.GET, criteria=criteria, judges=judges_of(criteria))
