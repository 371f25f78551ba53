"""The permission labels of integrations."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.words import register_permission

register_permission(Permission.INTEGRATIONS_MANAGE, _("Set up integrations"))
register_permission(Permission.INTEGRATIONS_DISPATCH, _("Send to integrations"))
