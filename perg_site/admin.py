"""The admin site's view of accounts: none. Second factors have pages of their own, where the audit log is written."""

from django.contrib import admin
from django_otp.plugins.otp_totp.models import TOTPDevice

admin.site.unregister(TOTPDevice)
