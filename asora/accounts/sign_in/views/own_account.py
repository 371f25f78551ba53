"""Shared by pages on which people change how they sign in: the person, counted proofs, refused forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.forms import Form
from django.http import HttpResponse

from asora.accounts.models import User
from asora.accounts.sign_in.lock_out import counted
from asora.kernel.pages import AsoraRequest, refused_form
from asora.kernel.refusals import Refusal

R = TypeVar("R")


def own_account(request: AsoraRequest) -> User:
    """The person whose session it is."""
    account = request.act.actor.account
    if not isinstance(account, User):
        raise TypeError("a signed-in page without a person")
    return account


def counted_proof(request: AsoraRequest, proof: Callable[[], R]) -> R:
    """What `proof` returns; failures count towards a lock-out of the person. Refusals: AUTH_REQUIRED LOCKED_OUT."""
    return counted(request, address=own_account(request).email, proof=proof)


def refused_proof(
    request: AsoraRequest, template: str, form: Form, refusal: Refusal, **context: Any
) -> HttpResponse:
    """The form again with the refusal, with empty fields, and with Retry-After during a lock-out."""
    form.data = {}  # neither codes nor passwords are sent back
    response = refused_form(request, template, form, refusal, context)
    if wait := refusal.details.get("retry_after"):
        response["Retry-After"] = str(wait)
    return response
