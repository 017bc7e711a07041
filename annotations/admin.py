"""The admin site's view of labelling. Labels and gold are append-only, so they are not here."""

from typing import cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from annotations import models
from annotations.people.services.person_details import PersonDetails, change_details
from core.models import User
from evaluation.admin import ReadOnlyAdmin


@admin.register(User)
class PersonAdmin(ReadOnlyAdmin[User]):
    """Names and addresses. Accounts are made by invitation, and their rights change on the page of people: there an
    admin is always left, and the audit log says who did it.
    """

    list_display = ["username", "email", "is_active", "is_staff", "last_login"]
    search_fields = ["username", "email"]
    fields = ["username", "first_name", "last_name", "email"]
    readonly_fields = ["username"]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return request.user.is_active and request.user.is_staff and request.user.is_superuser

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm[User], change: bool) -> None:
        data = form.cleaned_data
        details = PersonDetails(data["first_name"], data["last_name"], data["email"])
        change_details(user=obj, details=details, actor=cast(User, request.user))


@admin.register(models.Campaign)
class CampaignAdmin(ReadOnlyAdmin[models.Campaign]):
    list_display = ["name", "status", "overlap", "sample_size", "is_demonstration"]
    list_filter = ["status"]
    fields = ["name", "status", "lease_seconds"]
