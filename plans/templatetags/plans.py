"""Template tags of plans: a plan's name, and who of the platform did something."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.auth import get_user_model
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from asora.kernel import binding
from plans.models import Tenant

register = template.Library()

PERSON = "u-"  # how pseudonyms begin; names of commands have no hyphen


@register.filter
def plan_name(plan: str) -> str:
    """The plan as a page calls it."""
    return str(dict(Tenant.Plan.choices).get(plan, plan))


@register.simple_tag(takes_context=True)
def operator(context: dict[str, Any], ref: str) -> SafeString:
    """Somebody of the platform, or a command of the product. By name on the public host only, never in a tenant."""
    if not ref.startswith(PERSON):
        return format_html('<span class="nowrap">{} <code>{}</code></span>', _("system"), ref)
    if name := _directory(context).get(ref):
        return format_html('<span class="nowrap">{}</span>', name)
    return format_html('<span class="nowrap">{} <code>{}</code></span>', _("operator"), ref)


def _directory(context: dict[str, Any]) -> dict[str, str]:
    """Pseudonym to name of the platform's people, read once per page; nobody of them is in a tenant's directory."""
    if binding.schema_name() != binding.PUBLIC:
        return {}
    known: dict[str, str] | None = context.render_context.get("operators")  # type: ignore[attr-defined]
    if known is None:
        known = dict(get_user_model()._default_manager.values_list("ref", "name"))
        context.render_context["operators"] = known  # type: ignore[attr-defined]
    return known
