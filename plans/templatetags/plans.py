"""Template tags of plans: a plan's name, and the name of an operator."""

from __future__ import annotations

from django import template
from django.contrib.auth import get_user_model
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from asora.kernel import binding
from asora.kernel.shapes import Values
from plans.models import Tenant

register = template.Library()

PERSON = "u-"  # the prefix of pseudonyms; names of commands contain no hyphen


@register.filter
def plan_name(plan: str) -> str:
    """The label of a plan."""
    return str(dict(Tenant.Plan.choices).get(plan, plan))


@register.simple_tag(takes_context=True)
def operator(context: Values, ref: str) -> SafeString:
    """An operator, or a command of the product. Operators are shown by name on the public host only."""
    if not ref.startswith(PERSON):
        return format_html('<span class="nowrap">{} <code>{}</code></span>', _("system"), ref)
    if name := _directory(context).get(ref):
        return format_html('<span class="nowrap">{}</span>', name)
    return format_html('<span class="nowrap">{} <code>{}</code></span>', _("operator"), ref)


def _directory(context: Values) -> dict[str, str]:
    """The names of the platform's people by pseudonym, read once per page. A tenant's directory has none of them."""
    if binding.schema_name() != binding.PUBLIC:
        return {}
    known: dict[str, str] | None = context.render_context.get("operators")  # type: ignore[attr-defined]
    if known is None:
        known = dict(get_user_model()._default_manager.values_list("ref", "name"))
        context.render_context["operators"] = known  # type: ignore[attr-defined]
    return known
