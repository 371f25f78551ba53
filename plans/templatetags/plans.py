"""Template tags of plans: a plan's name, and who of the platform did something."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from plans.models import Tenant

register = template.Library()

PERSON = "u-"  # how pseudonyms begin; names of commands have no hyphen


@register.filter
def plan_name(plan: str) -> str:
    """The plan as a page calls it."""
    return str(dict(Tenant.Plan.choices).get(plan, plan))


@register.simple_tag
def operator(ref: str) -> SafeString:
    """Somebody of the platform by pseudonym, or a command of the product; never a name."""
    kind = _("operator") if ref.startswith(PERSON) else _("system")
    return format_html('<span class="nowrap">{} <code>{}</code></span>', kind, ref)
