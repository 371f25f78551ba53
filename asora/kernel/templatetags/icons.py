"""Icons, and codes that are copied by a click."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from lucide.templatetags.lucide import lucide

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """A Lucide icon, hidden from screen readers because the text or label beside it has the same meaning."""
    return _icon(str(name), f"icon {css}".strip())


@lru_cache(maxsize=256)
def _icon(name: str, css: str) -> SafeString:
    drawn = lucide(name, size=16, **{"class": css, "aria-hidden": "true", "focusable": "false"})
    # The SVG comes from a package and the class from one of our templates, so both are safe.
    return mark_safe(drawn.replace('stroke-width="2"', "", 1).strip())  # noqa: S308


@register.simple_tag
def copyable(text: object) -> SafeString:
    """A code with a button that copies it. The button is shown only if scripts run."""
    return format_html(
        '<span class="copyable"><code>{0}</code><button type="button" data-copy="{0}" data-needs-script'
        ' aria-label="{1}" title="{1}">{2}{3}</button></span>',
        text,
        _("Copy"),
        icon("copy"),
        icon("check", css="copied"),
    )
