"""Actions that end a person's own sessions."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.accounts.models import Session
from asora.accounts.sign_in.actions.own_account import end_sessions, own_account
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import SIGNED_IN


@action(
    "accounts.session.end",
    permission=SIGNED_IN,
    while_frozen=True,
    done=gettext_lazy("signed out a device"),
    tried=gettext_lazy("tried to sign out a device"),
)
def end_session(act: Act, *, ref: str) -> None:
    """Sign out one of one's own devices. Does nothing if it is already signed out."""
    user = own_account(act)
    ended, _by_table = Session.objects.filter(user_id=user.pk, ref=ref).delete() if ref else (0, {})
    if not ended:
        act.noop(_("that device was already signed out"))
        return
    act.changed(user, before={"session": ref}, after={"session": None})


@action(
    "accounts.session.end_all",
    permission=SIGNED_IN,
    while_frozen=True,
    done=gettext_lazy("signed out everywhere"),
    tried=gettext_lazy("tried to sign out everywhere"),
)
def end_all_sessions(act: Act) -> int:
    """Sign out everywhere, including here; returns the number of devices."""
    user = own_account(act)
    ended = end_sessions(user)
    act.touched(user)
    act.found(sessions_ended=ended)
    return ended
