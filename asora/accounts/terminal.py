"""Who runs a command: a person of the public host who proves it on the terminal, or the system, which claims nobody.

`--as EMAIL` on a terminal asks for that person's password and one-time code, and the command then acts as them, with
their permissions and no others. Without a terminal nobody can be asked: the command acts as the system, and its events
say which user of the operating system ran it and who was named, as a claim.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import replace
from getpass import getpass, getuser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from asora.accounts.actions.sessions import prove_at_terminal
from asora.accounts.models import User
from asora.accounts.queries import actor_of, has_second_factor
from asora.kernel.act import Act, Tenancy, new_act, system
from asora.kernel.refusals import Refusal

REFUSED = 2


def add_argument(parser: ArgumentParser) -> None:
    """`--as EMAIL`."""
    parser.add_argument(
        "--as",
        dest="person",
        default="",
        metavar="EMAIL",
        help="who you are on the public host; on a terminal you are asked for password and code",
    )


def act_of_command(
    public: Tenancy, command: str, *, person: str, permissions: tuple[str, ...], route: str
) -> Act:
    """The act of a command on the public host, which is bound. `permissions`: the system's, where nobody is asked.

    Raises CommandError when somebody at a terminal does not say, or cannot prove, who they are.
    """
    claims: dict[str, Any] = {"os_user": _os_user()}
    if sys.stdin.isatty() and (person or User.objects.filter(is_active=True).exists()):
        if not person:
            raise CommandError("Say who you are: add --as EMAIL.", returncode=REFUSED)
        return _proved(public, person, route=route, claims=claims)
    if person:
        claimed = User.objects.with_address(person).first()
        # An address stays out of the trail: a person of the directory by pseudonym, of any other the length.
        claims["claimed"] = claimed.ref if claimed else {"length": len(person)}
    return new_act(public, replace(system("public", command, *permissions), claims=claims), route=route)


def _proved(public: Tenancy, address: str, *, route: str, claims: Mapping[str, Any]) -> Act:
    person = User.objects.with_address(address).filter(is_active=True).first()
    password = getpass(f"Password of {address}: ")
    code = getpass("One-time code: ") if person is None or has_second_factor(person) else ""
    if person is None:
        raise CommandError("Address, password or code is wrong.", returncode=REFUSED)
    act = new_act(public, replace(actor_of(person), claims=claims), route=route)
    try:
        prove_at_terminal(act, password=password, one_time_code=code)
    except Refusal as refusal:
        raise CommandError(
            f"{refusal.code} {refusal.reason}: {refusal.message}", returncode=REFUSED
        ) from refusal
    return replace(act, actor=replace(act.actor, proved_at=timezone.now()))


def _os_user() -> str:
    try:
        return getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return ""
