"""The permission labels of the support desk."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.words import register_permission

register_permission(Permission.SUPPORT_WORK_DESK, _("Work at the support desk"))
