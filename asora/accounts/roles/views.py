"""What each role may do, from the table that permission checks use. Everybody who is signed in may read it."""

from __future__ import annotations

from django.http import HttpResponse

from asora.accounts.roles.labels import DUTIES, permissions_of, role_name
from asora.accounts.roles.table import GRANTS, MANAGE_STAFF, PLATFORM, current_role_model
from asora.kernel.pages import AsoraRequest, page, respond


@page(host="both")
def roles(request: AsoraRequest) -> HttpResponse:
    """Permissions by role, for the role model of this host; one's own role is highlighted."""
    role_model = current_role_model()
    grants = GRANTS.get(role_model, {})
    mine = set(request.act.actor.roles)
    columns = [
        {
            "role": role,
            "name": role_name(role),
            "duty": DUTIES.get(role_model, {}).get(role, ""),
            "is_mine": role in mine,
        }
        for role in grants
    ]
    groups = [
        (
            heading,
            [
                {
                    "codename": name,
                    "word": word,
                    "cells": [
                        {"is_granted": name in permissions, "name": role_name(role), "is_mine": role in mine}
                        for role, permissions in grants.items()
                    ],
                }
                for name, word in words
            ],
        )
        for heading, words in permissions_of(role_model)
    ]
    context = {
        "columns": columns,
        "groups": groups,
        "role_model": role_model,
        "width": len(columns) + 1,
        "may_try": request.act.actor.may(MANAGE_STAFF) and role_model != PLATFORM,
    }
    return respond(request, "accounts/roles.html", context)
