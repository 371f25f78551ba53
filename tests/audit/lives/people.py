"""What people of a tenant do with accounts: invitations, roles, hubs, passwords, second factors and sessions."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from django.utils import timezone

from asora.accounts.models import Session, User
from asora.accounts.people.actions.erasing import erase_person
from asora.accounts.people.actions.invitations import (
    accept_invitation,
    invite,
    renew_invitation,
    withdraw_invitation,
)
from asora.accounts.people.actions.people import (
    change_hubs,
    change_role,
    create_user,
    deactivate_user,
    reactivate_user,
)
from asora.accounts.people.queries import act_of_invited
from asora.accounts.roles.table import ASK_FOR_RESET
from asora.accounts.second_factor.actions.proofs import confirm_identity, prove_at_terminal
from asora.accounts.second_factor.actions.second_factors import (
    remove_second_factor,
    renew_recovery_codes,
    reset_second_factor,
    set_up_second_factor,
    use_second_factor,
)
from asora.accounts.sign_in.actions.passwords import ask_for_reset, change_password, reset_password
from asora.accounts.sign_in.actions.sessions import end_all_sessions, end_session
from asora.kernel.act import new_act
from asora.kernel.actors import system
from tests.audit.verdicts.company import Company
from tests.factories.authenticator_apps import SECRET, code
from tests.factories.invitations import ADA
from tests.factories.invitations import SECRET as PASSPHRASE
from tests.factories.people import PASSWORD

STAFF = {
    "accounts.invitation.create",
    "accounts.invitation.resend",
    "accounts.invitation.accept",
    "accounts.invitation.withdraw",
    "accounts.user.create",
    "accounts.user.role",
    "accounts.user.hubs",
    "accounts.user.deactivate",
    "accounts.user.reactivate",
    "accounts.user.erase",
}
PASSWORDS = {
    "accounts.identity.confirm",
    "accounts.identity.terminal",
    "accounts.password.ask",
    "accounts.password.change",
    "accounts.password.reset",
    "accounts.session.end",
    "accounts.session.end_all",
}
SECOND_FACTORS = {
    "accounts.second_factor.set_up",
    "accounts.second_factor.use",
    "accounts.recovery_codes.renew",
    "accounts.second_factor.remove",
    "accounts.second_factor.reset",
}


def staff(company: Company) -> None:
    """The owner invites and changes people."""
    owner = company.owner
    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        row = invite(owner, **ADA)
    renew_invitation(owner, invitation=row)
    row = company.fresh(row)
    accept_invitation(act_of_invited(owner, row), invitation=row, name="Ada", password=PASSPHRASE)
    withdraw_invitation(owner, invitation=invite(owner, email="b@example.com", name="B", role="viewer"))
    create_user(owner, email="c@example.com", name="C", role="viewer", password=PASSPHRASE)
    person = User.objects.get(email="c@example.com")
    change_role(owner, person=person, role="receiver", seen="viewer")
    change_hubs(owner, person=person, hubs=["NORTH"], seen="all")
    deactivate_user(owner, person=person)
    reactivate_user(owner, person=person)
    erase_person(owner, person=person)


def passwords(company: Company) -> None:
    """The manager proves who they are, changes and forgets the password, and signs out devices."""
    user = company.person("manager")
    confirm_identity(company.act_as(user=user), password=PASSWORD)
    prove_at_terminal(company.act_as(user=user), password=PASSWORD, one_time_code="")
    page = system(company.tenant.schema_name, "sign-in page", ASK_FOR_RESET)
    token = ask_for_reset(new_act(company.tenant, page), user=user)
    reset_password(
        company.act_as(user=company.fresh(user)), token=token, new_password="another horse battery"
    )
    change_password(
        company.act_as(user=company.fresh(user)),
        old_password="another horse battery",
        new_password="a third horse battery",
    )
    Session.objects.create(session_key="k" * 32, ref="abc", user_id=user.pk, expire_date=timezone.now())
    end_session(company.act_as(user=company.fresh(user)), ref="abc")
    end_all_sessions(company.act_as(user=company.fresh(user)))


def second_factors(company: Company) -> None:
    """The manager sets up an app and uses it; the owner removes one that was lost."""
    manager = company.act_as("manager")
    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        set_up_second_factor(company.act_as("manager"), secret=SECRET, one_time_code=code())
    use_second_factor(manager, one_time_code=code())
    renew_recovery_codes(manager)
    remove_second_factor(manager)
    set_up_second_factor(manager, secret=SECRET, one_time_code=code(steps=1))
    reset_second_factor(company.owner, user=company.person("manager"))
