"""Actions that set up, use and remove an authenticator app and its recovery codes."""

from __future__ import annotations

import secrets as randomness
import time

import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.accounts.models import RecoveryCode, SecondFactor, User
from asora.accounts.roles import grants
from asora.accounts.second_factor import rules
from asora.accounts.sign_in.actions.own_account import end_sessions, own_account
from asora.accounts.sign_in.queries import needs_second_factor
from asora.kernel import binding
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import SIGNED_IN, Permission
from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason, StateConflict
from asora.kernel.request_ids import CROCKFORD
from asora.kernel.secrets import Unreadable, is_of_current_key, seal, unseal

log = structlog.get_logger(__name__)
APP, RECOVERY = "app", "recovery"
PLACE = {"table": "accounts_secondfactor", "field": "secret"}


def bad_code() -> AuthRequired:
    """The refusal of a code that is wrong, too old, or already used."""
    message = _("This code is wrong, too old, or was used before.")
    return AuthRequired(
        message,
        reason=Reason.BAD_CODE,
        details={
            "fields": {"one_time_code": [{"reason": str(Reason.BAD_CODE), "message": message}]},
            "remedy": _(
                "Wait for the next code in your app, and check that your phone shows the right time."
            ),
        },
    )


def _set_up_already() -> StateConflict:
    return StateConflict(
        _("You have already set up an authenticator app."),
        reason=Reason.ALREADY_ACTIVE,
        details={"remedy": _("Remove it first, under Security.")},
    )


@action(
    "accounts.second_factor.use",
    permission=SIGNED_IN,
    while_frozen=True,
    done=gettext_lazy("used a second factor"),
    tried=gettext_lazy("tried to use a second factor"),
)
def use_second_factor(act: Act, *, one_time_code: str) -> str:
    """Use one of one's own codes, at sign-in; returns its kind: `app` or `recovery`.

    Refusals: AUTH_REQUIRED BAD_CODE.
    """
    user = own_account(act)
    kind = take_code(user, one_time_code)
    act.touched(user)
    act.found(second_factor=kind)
    return kind


@action(
    "accounts.second_factor.set_up",
    permission=SIGNED_IN,
    while_frozen=True,
    step_up=True,
    constraint_refusals={"accounts_secondfactor_pkey": _set_up_already},
    done=gettext_lazy("set up an authenticator app"),
    tried=gettext_lazy("tried to set up an authenticator app"),
)
def set_up_second_factor(act: Act, *, secret: str, one_time_code: str) -> list[str]:
    """Connect an authenticator app that shows the right code for `secret`; returns new recovery codes, once.

    Refusals: AUTH_REQUIRED BAD_CODE, STATE_CONFLICT ALREADY_ACTIVE.
    """
    user = own_account(act)
    if SecondFactor.objects.filter(user=user).exists():
        raise _set_up_already()
    step = rules.matching_step(secret, rules.plain_code(one_time_code), now=time.time(), after=0)
    if step is None:
        raise bad_code()
    factor = SecondFactor(user=user, secret=seal(secret, row=user.pk, **PLACE), last_step=step)
    factor.save(force_insert=True)
    # Sessions that were started without the second factor end.
    act.found(sessions_ended=end_sessions(user, but=act.actor.session_ref))
    act.changed(user, before={"second_factor": None}, after={"second_factor": APP})
    return _new_recovery_codes(user)


@action(
    "accounts.second_factor.remove",
    permission=SIGNED_IN,
    while_frozen=True,
    step_up=True,
    done=gettext_lazy("removed their authenticator app"),
    tried=gettext_lazy("tried to remove their authenticator app"),
)
def remove_second_factor(act: Act) -> None:
    """Remove one's own app and its recovery codes.

    Refusals: PERMISSION_DENIED SECOND_FACTOR_REQUIRED, STATE_CONFLICT NOT_ACTIVE.
    """
    user = own_account(act)
    if needs_second_factor(user):
        raise PermissionDenied(
            _("Your role needs an authenticator app."),
            reason=Reason.SECOND_FACTOR_REQUIRED,
            details={"remedy": _("Ask a platform lead to reset it. Then set up a new one.")},
        )
    _forget(user, _factor_of(user))
    act.changed(user, before={"second_factor": APP}, after={"second_factor": None})


@action(
    "accounts.recovery_codes.renew",
    permission=SIGNED_IN,
    while_frozen=True,
    step_up=True,
    done=gettext_lazy("made new recovery codes"),
    tried=gettext_lazy("tried to make new recovery codes"),
)
def renew_recovery_codes(act: Act) -> list[str]:
    """Make new recovery codes for the actor; earlier codes become invalid. Refusals: STATE_CONFLICT NOT_ACTIVE."""
    user = own_account(act)
    _factor_of(user)
    left = RecoveryCode.objects.filter(user=user, used_at=None).count()
    codes = _new_recovery_codes(user)
    act.changed(user, before={"codes_left": left}, after={"codes_left": len(codes)})
    return codes


@action(
    "accounts.second_factor.reset",
    permission=Permission.ACCOUNTS_MANAGE_STAFF,
    subject="user",
    while_frozen=True,
    step_up=True,
    done=gettext_lazy("reset the second factor of {label}"),
    tried=gettext_lazy("tried to reset the second factor of {label}"),
)
def reset_second_factor(act: Act, *, user: User) -> None:
    """Remove the app and the recovery codes of a person who has lost both, and sign them out everywhere.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED for a person who works where the actor does not; STATE_CONFLICT
    NOT_ACTIVE.
    """
    act.reads(user)
    grants.require_reach_of(act.actor, user)
    _forget(user, _factor_of(user))
    act.found(sessions_ended=end_sessions(user))
    act.changed(user, before={"second_factor": APP}, after={"second_factor": None})


def _factor_of(user: User) -> SecondFactor:
    factor = SecondFactor.objects.select_for_update().filter(user=user).first()
    if factor is None:
        raise StateConflict(_("No authenticator app is set up."), reason=Reason.NOT_ACTIVE)
    return factor


def _forget(user: User, factor: SecondFactor) -> None:
    RecoveryCode.objects.filter(user=user).delete()
    factor.delete()


def take_code(user: User, typed: str) -> str:
    """Use a code of the app or a recovery code, under a lock, so that it works only once. For bodies of actions.

    Refusals: AUTH_REQUIRED BAD_CODE.
    """
    factor = SecondFactor.objects.select_for_update().filter(user=user).first()
    if factor is None:
        raise bad_code()
    if rules.is_app_code(rules.plain_code(typed)):
        step = rules.matching_step(
            _secret_of(factor), rules.plain_code(typed), now=time.time(), after=factor.last_step
        )
        if step is None:
            raise bad_code()
        factor.last_step = step
        if not is_of_current_key(bytes(factor.secret), row=factor.pk, **PLACE):
            # Encrypt the secret again under the current key, so that old keys can be dropped some day.
            factor.secret = seal(_secret_of(factor), row=factor.pk, **PLACE)
        factor.save(update_fields=["last_step", "secret"])
        return APP
    unused = RecoveryCode.objects.filter(user=user, digest__in=_digests(user, typed), used_at=None)
    if not unused.update(used_at=timezone.now()):
        raise bad_code()
    return RECOVERY


def _secret_of(factor: SecondFactor) -> str:
    try:
        return unseal(bytes(factor.secret), row=factor.pk, **PLACE)
    except Unreadable as error:
        # SECRET_KEY was changed without a fallback: the app must be reset (manage.py reset_second_factor).
        log.exception("the secret of an authenticator app cannot be read", user=factor.pk)
        raise bad_code() from error


def _new_recovery_codes(user: User) -> list[str]:
    """Recovery codes that replace all earlier ones. Each has fifty random bits; only digests are stored."""
    RecoveryCode.objects.filter(user=user).delete()
    codes = [
        "-".join("".join(randomness.choice(CROCKFORD) for _ in range(5)).lower() for _ in range(2))
        for _ in range(rules.RECOVERY_CODES)
    ]
    RecoveryCode.objects.bulk_create(
        [RecoveryCode(user=user, digest=_digests(user, code)[0]) for code in codes]
    )
    return codes


def _digests(user: User, code: str) -> list[str]:
    """The possible digests of a recovery code: under the current key and under each earlier key.

    A digest under an earlier key cannot be renewed, because the code itself is not stored.
    """
    purpose = f"asora.accounts.recovery:{binding.schema_name()}:{user.pk}"
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    plain = rules.recovery_code(code)
    return [salted_hmac(purpose, plain, secret=key, algorithm="sha256").hexdigest() for key in keys]
