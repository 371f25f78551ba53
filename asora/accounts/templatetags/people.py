"""`{% person ref %}`: the name of the person with a pseudonym, as long as the directory has one."""

from __future__ import annotations

import re
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.accounts.people.queries import names
from asora.accounts.roles.grants import ALL
from asora.accounts.roles.labels import role_name
from asora.kernel.shapes import StrOrPromise, Values

register = template.Library()

# People of the public host are not in a tenant's directory.
PLATFORM = {"operator": gettext_lazy("operator %(who)s"), "support": gettext_lazy("support agent %(who)s")}


@register.filter
def role_names(roles: Any) -> str:
    """The labels of roles, separated by commas."""
    return ", ".join(role_name(role) for role in roles or ())


@register.filter
def places(granted_codes: Any) -> str:
    """Where a person works: the codes of hubs (on the public host: of tenants), or everywhere."""
    if granted_codes == ALL:
        return _("everywhere")
    return ", ".join(granted_codes or ()) or _("nowhere")


#: The pattern of the pseudonyms that `new_ref` makes.
PSEUDONYM = re.compile(r"\bu-[0-9a-z]{10}\b")


def _directory(context: Values) -> dict[str, str]:
    """The names by pseudonym, read once per request."""
    request = context.get("request")
    known: dict[str, str] | None = getattr(request, "people", None)
    if known is None:
        known = names()
        if request is not None:
            request.people = known
    return known


@register.simple_tag(takes_context=True)
def named(context: Values, text: StrOrPromise) -> str:
    """A text with pseudonyms replaced by names; the pseudonym of an erased person stays."""
    plain = str(text)
    if not PSEUDONYM.search(plain):
        return plain
    known = _directory(context)
    return PSEUDONYM.sub(lambda found: known.get(found[0]) or found[0], plain)


@register.simple_tag(takes_context=True)
def person(context: Values, ref: str, actor_type: str = "user") -> str:
    """The person's name; for the system the command's name; the pseudonym once the person was erased.

    In a tenant's trail an operator is shown as "operator": their name is known on the public host only.
    """
    if actor_type in {"system", "integration"}:
        return _("%(what)s (system)") % {"what": ref}
    if not ref:
        return _("nobody signed in")
    known = _directory(context)
    if ref not in known and actor_type in PLATFORM:
        return PLATFORM[actor_type] % {"who": ref}
    return known.get(ref) or ref
