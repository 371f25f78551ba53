"""The actor of a command: a person of the public host who proves their identity on the terminal, or the system.

`--as EMAIL` on a terminal asks for that person's password and one-time code, and the command then acts as them, with
their permissions and no others. Without a terminal the command cannot ask: it acts as the system, and its events record
which user of the operating system ran it and which person was named, as a claim.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from dataclasses import replace
from getpass import getpass, getuser

from django.core.management.base import CommandError
from django.utils import timezone

from asora.accounts.models import User
from asora.accounts.second_factor.actions.proofs import prove_at_terminal
from asora.accounts.sign_in.queries import actor_of, has_second_factor
from asora.kernel.act import Act, Tenancy, new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import ReadOnlyValues, Values

REFUSED = 2


def add_argument(parser: ArgumentParser) -> None:
    """Add `--as EMAIL`."""
    parser.add_argument(
        "--as",
        dest="person",
        default="",
        metavar="EMAIL",
        help="your e-mail address on the public host; on a terminal it asks for your password and one-time code",
    )


def act_of_command(
    public: Tenancy, command: str, *, person: str, permissions: tuple[Permission, ...], route: str
) -> Act:
    """The act of a command on the public host, which is bound. `permissions`: those of the system, without a terminal.

    Raises CommandError when a person at a terminal does not name themselves or cannot prove their identity.
    """
    claims: Values = {"os_user": _os_user()}
    if sys.stdin.isatty() and (person or User.objects.filter(is_active=True).exists()):
        if not person:
            raise CommandError("Say who you are: add --as EMAIL.", returncode=REFUSED)
        return _proved(public, person, route=route, claims=claims)
    if person:
        claimed = User.objects.with_address(person).first()
        # The trail must not contain addresses. A known person is recorded by pseudonym, an unknown address by length.
        claims["claimed"] = claimed.ref if claimed else {"length": len(person)}
    return new_act(public, replace(system("public", command, *permissions), claims=claims), route=route)


def _proved(public: Tenancy, address: str, *, route: str, claims: ReadOnlyValues) -> Act:
    person = User.objects.with_address(address).filter(is_active=True).first()
    password = getpass(f"Password for {address}: ")
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
