"""Changes of one's own account: the person of an act, read again and locked; and their sessions."""

from __future__ import annotations

from asora.accounts.models import Session, User
from asora.accounts.sign_in.sessions import alive
from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.refusals import AuthRequired


def own_account(act: Act) -> User:
    """The current row of the acting person. The lock makes their parallel changes to their own account run one by one.

    Refusals: AUTH_REQUIRED for a command, which is no person, and for a person who was deactivated in the meantime.
    """
    if not isinstance(act.actor.account, User):
        raise AuthRequired()
    act.reads(keys.person(act.actor.ref))
    found = (
        User.objects.select_for_update(no_key=True).filter(pk=act.actor.account.pk, is_active=True).first()
    )
    if found is None:
        raise AuthRequired()
    return found


def end_sessions(user: User, *, but: str = "") -> int:
    """End all sessions of a person, except the one with the digest `but`; returns how many. For bodies of actions."""
    ended, _by_table = Session.objects.filter(alive(), user_id=user.pk).exclude(ref=but or None).delete()
    return ended
