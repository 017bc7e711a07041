"""Addresses of people and invitations."""

from django.urls import path

from annotations.people import views as people

urlpatterns = [
    path("campaigns/<int:campaign_id>/people/", people.campaign_people, name="campaign_people"),
    path("campaigns/<int:campaign_id>/people/invite/", people.campaign_invite, name="campaign_invite"),
    path(
        "campaigns/<int:campaign_id>/people/<int:member_id>/<slug:change>/",
        people.member_change,
        name="member_change",
    ),
    path("invitations/<int:invitation_id>/revoke/", people.invitation_revoke, name="invitation_revoke"),
    path("invitations/<str:token>/", people.invitation_accept, name="invitation_accept"),
    path("people/", people.people_list, name="people_list"),
    path("people/invite/", people.admin_invite, name="admin_invite"),
    path("people/<int:user_id>/", people.person_detail, name="person_detail"),
    path("people/<int:user_id>/reset/", people.person_reset_link, name="person_reset_link"),
    path("people/<int:user_id>/<slug:change>/", people.person_change, name="person_change"),
]
