"""Addresses of people and invitations."""

from django.urls import include, path

from annotations.people import views as people

of_campaign = [
    path("people/", people.campaign_people, name="campaign_people"),
    path("people/invite/", people.campaign_invite, name="campaign_invite"),
    path("people/<int:member_id>/<slug:change>/", people.member_change, name="member_change"),
]
urlpatterns = [
    path("campaigns/<int:campaign_id>/", include(of_campaign)),
    path("invitations/<int:invitation_id>/revoke/", people.invitation_revoke, name="invitation_revoke"),
    path("invitations/<str:token>/", people.invitation_accept, name="invitation_accept"),
    path("people/", people.people_list, name="people_list"),
    path("people/invite/", people.admin_invite, name="admin_invite"),
    path("people/<int:user_id>/", people.person_detail, name="person_detail"),
    path("people/<int:user_id>/reset/", people.person_reset_link, name="person_reset_link"),
    path("people/<int:user_id>/<slug:change>/", people.person_change, name="person_change"),
]
