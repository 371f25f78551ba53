"""The sentences of all actions: one for an action that was done, one for an action that was only tried.

`{label}` is the label of the record. A test walks all actions and fails if one is missing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Word:
    """The sentences of an action: `done` for an allowed event, `tried` for a refused or failed one."""

    done: Any
    tried: Any


VOCABULARY: dict[str, Word] = {
    "accounts.sign_in": Word(_("signed in"), _("tried to sign in")),
    "accounts.sign_out": Word(_("signed out"), _("tried to sign out")),
    "accounts.lock_out": Word(_("was locked out"), _("was locked out after too many attempts")),
    "accounts.session.late": Word(
        _("opened a page after their session had ended"), _("opened a page after their session had ended")
    ),
    "accounts.second_factor.use": Word(_("used a second factor"), _("tried to use a second factor")),
    "accounts.second_factor.set_up": Word(
        _("set up an authenticator app"), _("tried to set up an authenticator app")
    ),
    "accounts.second_factor.remove": Word(
        _("removed their authenticator app"), _("tried to remove their authenticator app")
    ),
    "accounts.recovery_codes.renew": Word(
        _("made new recovery codes"), _("tried to make new recovery codes")
    ),
    "accounts.identity.confirm": Word(_("confirmed their identity"), _("tried to confirm their identity")),
    "accounts.identity.terminal": Word(
        _("confirmed their identity on a terminal"), _("tried to confirm their identity on a terminal")
    ),
    "accounts.identity.ask": Word(
        _("was asked to confirm their identity"), _("could not be asked to confirm their identity")
    ),
    "accounts.password.change": Word(_("changed their password"), _("tried to change their password")),
    "accounts.password.ask": Word(
        _("sent {label} a link to reset the password"),
        _("tried to send {label} a link to reset the password"),
    ),
    "accounts.password.reset": Word(
        _("reset their password with a link"), _("tried to reset their password with a link")
    ),
    "accounts.session.end": Word(_("signed out a device"), _("tried to sign out a device")),
    "accounts.session.end_all": Word(_("signed out everywhere"), _("tried to sign out everywhere")),
    "accounts.second_factor.reset": Word(
        _("reset the second factor of {label}"), _("tried to reset the second factor of {label}")
    ),
    "accounts.user.create": Word(_("added person {label}"), _("tried to add person {label}")),
    "accounts.user.role": Word(_("changed the role of {label}"), _("tried to change the role of {label}")),
    "accounts.user.hubs": Word(_("changed where {label} works"), _("tried to change where {label} works")),
    "accounts.user.deactivate": Word(
        _("deactivated person {label}"), _("tried to deactivate person {label}")
    ),
    "accounts.user.reactivate": Word(
        _("reactivated person {label}"), _("tried to reactivate person {label}")
    ),
    "accounts.invitation.create": Word(_("invited person {label}"), _("tried to invite person {label}")),
    "accounts.invitation.resend": Word(
        _("invited person {label} again"), _("tried to invite person {label} again")
    ),
    "accounts.invitation.withdraw": Word(
        _("withdrew the invitation of {label}"), _("tried to withdraw the invitation of {label}")
    ),
    "accounts.invitation.accept": Word(
        _("accepted the invitation {label}"), _("tried to accept the invitation {label}")
    ),
    "jobs.job.order": Word(_("started the job {label}"), _("tried to start the job {label}")),
    "page.open": Word(_("opened a page"), _("tried to open a page")),
    "list.download": Word(_("downloaded a list"), _("tried to download a list")),
    "plans.tenant.create": Word(_("created tenant {label}"), _("tried to create tenant {label}")),
    "plans.tenant.open": Word(_("opened tenant {label}"), _("tried to open tenant {label}")),
    "plans.plan.change": Word(
        _("changed the plan of tenant {label}"), _("tried to change the plan of tenant {label}")
    ),
    "plans.onboarding.start": Word(_("started onboarding {label}"), _("tried to start onboarding {label}")),
    "plans.onboarding.confirm": Word(
        _("confirmed an item of the checklist of onboarding {label}"),
        _("tried to confirm an item of the checklist of onboarding {label}"),
    ),
    "plans.onboarding.assign_plan": Word(
        _("assigned a plan to onboarding {label}"), _("tried to assign a plan to onboarding {label}")
    ),
    "plans.onboarding.assign_role_model": Word(
        _("assigned a role model to onboarding {label}"),
        _("tried to assign a role model to onboarding {label}"),
    ),
    "plans.onboarding.create_tenant": Word(
        _("entered the tenant of onboarding {label}"),
        _("tried to enter the tenant of onboarding {label}"),
    ),
    "plans.onboarding.seed": Word(
        _("imported a file for onboarding {label}"),
        _("tried to import a file for onboarding {label}"),
    ),
    "plans.onboarding.verify": Word(
        _("verified onboarding {label}"), _("tried to verify onboarding {label}")
    ),
    "plans.onboarding.invite_owner": Word(
        _("invited the first owner of onboarding {label}"),
        _("tried to invite the first owner of onboarding {label}"),
    ),
    "plans.onboarding.complete": Word(
        _("completed onboarding {label}"), _("tried to complete onboarding {label}")
    ),
    "plans.onboarding.abandon": Word(
        _("abandoned onboarding {label}"), _("tried to abandon onboarding {label}")
    ),
    "plans.freeze.start": Word(_("froze tenant {label}"), _("tried to freeze tenant {label}")),
    "plans.freeze.explain": Word(
        _("recorded the root cause of the freeze of tenant {label}"),
        _("tried to record the root cause of the freeze of tenant {label}"),
    ),
    "plans.freeze.end": Word(_("unfroze tenant {label}"), _("tried to unfreeze tenant {label}")),
    "inventory.category.create": Word(_("created category {label}"), _("tried to create category {label}")),
    "inventory.category.edit": Word(_("edited category {label}"), _("tried to edit category {label}")),
    "inventory.category.archive": Word(
        _("archived category {label}"), _("tried to archive category {label}")
    ),
    "inventory.category.restore": Word(
        _("restored category {label}"), _("tried to restore category {label}")
    ),
    "inventory.category.import": Word(_("imported categories"), _("tried to import categories")),
    "inventory.hub.create": Word(_("created hub {label}"), _("tried to create hub {label}")),
    "inventory.hub.edit": Word(_("edited hub {label}"), _("tried to edit hub {label}")),
    "inventory.hub.archive": Word(_("archived hub {label}"), _("tried to archive hub {label}")),
    "inventory.hub.restore": Word(_("restored hub {label}"), _("tried to restore hub {label}")),
    "inventory.hub.import": Word(_("imported hubs"), _("tried to import hubs")),
    "inventory.bin.create": Word(_("created bin {label}"), _("tried to create bin {label}")),
    "inventory.bin.edit": Word(_("edited bin {label}"), _("tried to edit bin {label}")),
    "inventory.bin.archive": Word(_("archived bin {label}"), _("tried to archive bin {label}")),
    "inventory.bin.restore": Word(_("restored bin {label}"), _("tried to restore bin {label}")),
    "inventory.bin.import": Word(_("imported bins"), _("tried to import bins")),
    "inventory.vendor.create": Word(_("created vendor {label}"), _("tried to create vendor {label}")),
    "inventory.vendor.edit": Word(_("edited vendor {label}"), _("tried to edit vendor {label}")),
    "inventory.vendor.archive": Word(_("archived vendor {label}"), _("tried to archive vendor {label}")),
    "inventory.vendor.restore": Word(_("restored vendor {label}"), _("tried to restore vendor {label}")),
    "inventory.vendor.eligibility": Word(
        _("changed the eligibility of vendor {label}"), _("tried to change the eligibility of vendor {label}")
    ),
    "inventory.vendor.import": Word(_("imported vendors"), _("tried to import vendors")),
    "inventory.item.create": Word(_("created item {label}"), _("tried to create item {label}")),
    "inventory.item.edit": Word(_("edited item {label}"), _("tried to edit item {label}")),
    "inventory.item.archive": Word(_("archived item {label}"), _("tried to archive item {label}")),
    "inventory.item.restore": Word(_("restored item {label}"), _("tried to restore item {label}")),
    "inventory.item.import": Word(_("imported items"), _("tried to import items")),
    "ledger.receipt.post": Word(_("received {label}"), _("tried to receive {label}")),
    "ledger.receipt.import": Word(_("imported receipts"), _("tried to import receipts")),
    "ledger.issue.post": Word(_("issued {label}"), _("tried to issue {label}")),
    "ledger.issue.import": Word(_("imported issues"), _("tried to import issues")),
    "ledger.transfer.post": Word(_("transferred {label}"), _("tried to transfer {label}")),
    "ledger.transfer.import": Word(_("imported transfers"), _("tried to import transfers")),
    "ledger.adjustment.post": Word(_("adjusted {label}"), _("tried to adjust {label}")),
    "ledger.adjustment.import": Word(_("imported adjustments"), _("tried to import adjustments")),
    "ledger.request.create": Word(
        _("requested adjustment {label}"), _("tried to request adjustment {label}")
    ),
    "ledger.request.post": Word(
        _("posted requested adjustment {label}"), _("tried to post requested adjustment {label}")
    ),
    "ledger.request.decline": Word(
        _("declined requested adjustment {label}"), _("tried to decline requested adjustment {label}")
    ),
    "ledger.reason.add": Word(
        _("added adjustment reason {label}"), _("tried to add adjustment reason {label}")
    ),
    "ledger.reason.rename": Word(
        _("renamed adjustment reason {label}"), _("tried to rename adjustment reason {label}")
    ),
    "ledger.reason.archive": Word(
        _("archived adjustment reason {label}"), _("tried to archive adjustment reason {label}")
    ),
    "ledger.reason.restore": Word(
        _("restored adjustment reason {label}"), _("tried to restore adjustment reason {label}")
    ),
    "ledger.reversal.post": Word(_("reversed posting {label}"), _("tried to reverse posting {label}")),
    "ledger.batch.reverse": Word(_("reversed import {label}"), _("tried to reverse import {label}")),
    "ledger.count.open": Word(_("opened count {label}"), _("tried to open count {label}")),
    "ledger.count.record": Word(_("counted in {label}"), _("tried to count in {label}")),
    "ledger.count.scan": Word(_("scanned in count {label}"), _("tried to scan in count {label}")),
    "ledger.count.submit": Word(_("submitted count {label}"), _("tried to submit count {label}")),
    "ledger.count.recount": Word(
        _("sent lines of count {label} back to be recounted"),
        _("tried to send lines of count {label} back to be recounted"),
    ),
    "ledger.count.choose": Word(
        _("chose a reading in count {label}"), _("tried to choose a reading in count {label}")
    ),
    "ledger.count.decide": Word(
        _("decided about an adjustment during count {label}"),
        _("tried to decide about an adjustment during count {label}"),
    ),
    "ledger.count.approve": Word(_("approved count {label}"), _("tried to approve count {label}")),
    "ledger.count.cancel": Word(_("cancelled count {label}"), _("tried to cancel count {label}")),
    "ledger.verification.record": Word(_("verified the ledger"), _("tried to verify the ledger")),
    "ledger.derived.rebuild": Word(
        _("rebuilt the tables derived from the ledger"),
        _("tried to rebuild the tables derived from the ledger"),
    ),
    "ledger.export.create": Word(_("exported {label}"), _("tried to export {label}")),
    "ledger.export.download": Word(_("downloaded export {label}"), _("tried to download export {label}")),
}


def sentence(*, action: str, outcome: str, label: str) -> str:
    """The event as a sentence without its subject, in the reader's language."""
    word = VOCABULARY.get(action)
    if word is None:
        return action
    text = str(word.done if outcome in {"allowed", "noop"} else word.tried)
    return " ".join(text.format(label=label).split())
