"""The addresses of documentation in replies."""

from __future__ import annotations

from asora.accounts.sign_in.mail import link
from asora.kernel.act import Tenancy
from asora.kernel.error_guide import guide_of


def doc_link(tenant: Tenancy, code: str, reason: str = "", *, action: str = "") -> str:
    """The absolute address of the error guide's entry for a refusal, on the tenant's host; "" if there is none."""
    guide = guide_of(code, reason, action=action)
    return link(tenant, guide.address) if guide else ""
