"""States as badges."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from asora.kernel.templatetags.icons import icon
from asora.kernel.words import badge_of

register = template.Library()


@register.simple_tag
def badge(group: str, state: object) -> SafeString:
    """A state as icon, word and colour, in the words of its group (`asora.kernel.words`)."""
    found = badge_of(group, str(state))
    return format_html(
        '<span class="badge" data-tone="{}">{}{}</span>',
        found.tone,
        icon(found.icon) if found.icon else "",
        found.word,
    )


@register.simple_tag
def quiet_badge(group: str, state: object) -> SafeString:
    """The same in a quiet style for long lists."""
    found = badge_of(group, str(state))
    return format_html(
        '<span class="kind" data-tone="{}">{}{}</span>', found.tone, icon(found.icon or "circle"), found.word
    )


@register.simple_tag
def badge_word(group: str, state: object) -> str:
    """The word of a state, for a legend."""
    return str(badge_of(group, str(state)).word)
