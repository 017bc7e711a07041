"""Address of a campaign's page."""

from django.urls import path

from annotations.overview.views import campaign_detail

urlpatterns = [path("campaigns/<int:campaign_id>/", campaign_detail, name="campaign_detail")]
