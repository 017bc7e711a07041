from django.urls import path

from annotations.api import views

urlpatterns = [
    path("campaigns/", views.CampaignList.as_view(), name="api_campaign_list"),
    path("campaigns/<int:campaign_id>/agreement/", views.CampaignAgreement.as_view(), name="api_agreement"),
]
