"""Sends a checked reply. Undecorated: called in the bodies of actions, in their transaction."""

from __future__ import annotations

from asora.kernel.act import Act
from support.clocks import recording
from support.mail import queueing
from support.replies.checking import Checked
from support.replies.models import Draft, Footnote
from support.tickets import changes
from support.tickets.models import Message, Ticket


def deliver(act: Act, ticket: Ticket, checked: Checked, *, kind: str) -> Message:
    """Add a checked reply to its locked ticket, with its footnotes. Mail goes out after the commit.

    The caller has checked everything, records the draft, and moves the ticket afterwards.
    """
    author_type = "system" if act.actor.account is None else changes.AGENT
    message = changes.add_message(act, ticket, kind=kind, text=checked.text, author_type=author_type)
    for number, link in checked.notes.items():
        Footnote(message=message, number=number, link=link).save()
    if checked.notes:
        act.found(footnotes=[str(link.pk) for link in checked.notes.values()])
    recording.answered(act, ticket.pk, message.written_at)
    queueing.queue(act, message)
    return message


def mark_sent(act: Act, draft: Draft, message: Message) -> None:
    """Record that a locked draft was sent as this message."""
    before = draft.state
    draft.state, draft.message, draft.changed_at = Draft.State.SENT, message, message.written_at
    draft.save(update_fields=["state", "message", "changed_at"])
    act.changed(draft, before={"state": before}, after={"state": draft.state, **described(draft)})


def add_sent(act: Act, draft: Draft, message: Message) -> None:
    """Record a message that was sent at once as a draft that is not open."""
    draft.state, draft.message = Draft.State.SENT, message
    draft.begun_at = draft.changed_at = message.written_at
    draft.save(force_insert=True)
    act.changed(draft, after={"state": draft.state, **described(draft)})


def described(draft: Draft) -> dict[str, object]:
    """What an event contains of a draft: never its text."""
    return {
        "kind": draft.kind,
        "template": draft.template,
        "revision": draft.revision,
        "length": draft.length,
        "follow_up": draft.follow_up,
        "overrides": sorted(draft.overrides),
    }
