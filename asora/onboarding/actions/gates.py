"""The checks of every onboarding action: may this operator work on it, is it open, and are the earlier steps done?"""

from __future__ import annotations

from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from asora.kernel.shapes import Values
from asora.onboarding import rules
from asora.onboarding.queries import progress_of
from asora.onboarding.steps import label_of, place_of
from plans.grants import require_managed
from plans.models import Onboarding


def locked_row(act: Act, onboarding: Onboarding) -> Onboarding:
    """The current row of the onboarding, locked until the commit.

    Every operator who may onboard may work on a draft without a tenant. Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED;
    STATE_CONFLICT ONBOARDING_CLOSED.
    """
    act.reads(onboarding)
    row = Onboarding.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=onboarding.pk)
    if row.tenant is not None:
        require_managed(act, row.tenant)
    if row.is_closed:
        raise StateConflict(
            _("This onboarding has been completed.")
            if row.completed_at
            else _("This onboarding has been abandoned."),
            reason=Reason.ONBOARDING_CLOSED,
        )
    return row


def require_parents(onboarding: Onboarding, step: str) -> None:
    """Refuse a step if an earlier one is missing. Refusals: VALIDATION_FAILED STEP_TOO_EARLY, naming the first."""
    if before := rules.missing(progress_of(onboarding), step):
        raise too_early(onboarding, step, before)


def too_early(onboarding: Onboarding, step: str, before: tuple[str, ...]) -> ValidationFailed:
    """The refusal of a step that is too early: which step is missing, and where."""
    details: Values = {
        "step": step,
        "missing": before[0],
        "where": str(place_of(before[0], onboarding)),
        "before": list(before),
        "remedy": _("Do this first: %(step)s.") % {"step": label_of(before[0])},
    }
    return ValidationFailed(
        _("“%(step)s” must wait: “%(missing)s” is still missing in %(where)s.")
        % {"step": label_of(step), "missing": label_of(before[0]), "where": details["where"]},
        reason=Reason.STEP_TOO_EARLY,
        details=details,
    )


def already_done(message: str) -> StateConflict:
    """The refusal of a step that was done and can no longer be undone or changed."""
    return StateConflict(message, reason=Reason.STEP_DONE)
