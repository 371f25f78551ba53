"""The door: every change passes the same gates in the same order and writes one audit event.

The order of the gates is fixed: authenticated → permitted → open → valid → within plan → state → written. The first
gate that refuses decides the code. An allowed change and its event commit together. A refusal rolls everything back,
and its event is then written in a separate transaction. If an event cannot be written, the action does not happen.

The door imports no bounded context. `settings.ASORA_DOOR` names the functions that it needs from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast

from django.db import IntegrityError, OperationalError, transaction
from django.utils.translation import gettext as _

from asora.kernel import asked, binding, commit_state, keys, looking, recording
from asora.kernel.act import Act, Record
from asora.kernel.database_errors import Unavailable, constraint_of, is_retried, was_cut_off
from asora.kernel.events import record_event, record_event_or_stop
from asora.kernel.evidence import explain
from asora.kernel.forms import DoorForm
from asora.kernel.gates import (
    asked_to_confirm,
    hub_not_granted,
    lacking,
    not_signed_in,
    require_recent_proof,
)
from asora.kernel.ladder import Ladder
from asora.kernel.permissions import SIGNED_IN, Asked, Permission
from asora.kernel.plugs import plug
from asora.kernel.refusals import AuthRequired, Reason, Refusal
from asora.kernel.rehearsal import rehearsal_of_one
from asora.kernel.shapes import ReadOnlyValues

ATTEMPTS = 4  # the first, and three retries
#: The argument of a body that gets the result of its action's `derive`.
DERIVED = "derived"

P = ParamSpec("P")
R = TypeVar("R")


class Action(Generic[P, R]):
    """One named change. Call it with values, submit a form, check what a form would do, or rehearse it."""

    def __init__(
        self,
        body: Callable[Concatenate[Act, P], R],
        *,
        name: str,
        permission: Asked,
        ceiling: str = "",
        hubs: recording.Places | None = None,
        concerns: recording.Places | None = None,
        subject: str = "",
        constraint_refusals: Mapping[str, Callable[[], Refusal]] | None = None,
        while_frozen: bool = False,
        step_up: bool = False,
        observes: bool = False,
        derive: Callable[..., Any] | None = None,
    ) -> None:
        self.body = body
        self.derive = derive
        self.name = name
        self.permission = permission
        self.ceiling = ceiling
        self.hubs = hubs
        self.constraint_refusals = dict(constraint_refusals or {})
        self.while_frozen = while_frozen
        self.step_up = step_up
        self.observes = observes
        self.source = recording.EventSource(
            name=name,
            asked=name if permission == SIGNED_IN else permission,
            ceiling=ceiling,
            subject=subject,
            hubs=hubs,
            concerns=concerns,
        )
        self.__doc__ = body.__doc__
        self.__module__ = body.__module__
        self.__name__ = body.__name__

    def __call__(self, act: Act, *args: P.args, **values: P.kwargs) -> R:
        """Do it: all gates, the body, one event, one transaction."""
        return self._pass(act, values=values)

    def submit(self, act: Act, form: DoorForm) -> R:
        """Do what a form asks for. The door checks the form, so that an invalid form is audited too."""
        return self._pass(act, form=form)

    def rehearse(self, act: Act, *args: P.args, **values: P.kwargs) -> R:
        """Find out whether the action would be allowed now: all gates and the body, always rolled back, no event.

        Inside `rehearsal` the changes stay until the rehearsal ends, so that later rehearsals see them; those of a
        refused rehearsal are rolled back at once.
        """
        ladder = Ladder()
        return self._roll_back(act, ladder, self._courtesy(act, ladder, values, None))

    def look(self, act: Act, **values: Any) -> None:
        """Judge whether the action would be allowed now: all gates, and the body up to its first write. No trace.

        Only inside `kernel.looking.looking`. Raises the refusal of the first gate that refuses.
        """
        inside = act.recording()
        record = cast(Record, inside.record)
        try:
            known = self._courtesy(act, Ladder(), values, None)
            with self._claim(inside):
                wants_to_write = looking.until_first_write(lambda: self.body(inside, **known))  # type: ignore[call-arg]
                record.adds = int(wants_to_write) if record.adds is None else record.adds
        except Refusal as refusal:
            refusal.evidence |= {"inputs": [*record.inputs], "hubs": record.hubs}
            raise

    def look_around(self, act: Act) -> None:
        """Judge the gates that need no values, if there are none: role, freeze, and the plan for one more row.

        Only inside `kernel.looking.looking`. Raises the refusal of the first gate that refuses.
        """
        if not act.actor.may(self.permission):
            raise lacking(act, self.permission)
        self.look_past(act)

    def look_past(self, act: Act) -> None:
        """Judge the freeze and the plan alone, past a gate that nothing opens. Only inside `kernel.looking.looking`."""
        if not self.while_frozen:
            plug("freezes")(act, binding=False)
        inside = act.recording()
        with self._claim(inside):
            cast(Record, inside.record).adds = 1

    def check(self, act: Act, form: DoorForm) -> R:
        """Find out what a form would do: like `rehearse`, but a refusal is audited."""
        ladder = Ladder()
        checked: ReadOnlyValues = {}
        try:
            checked = self._courtesy(act, ladder, checked, form)
            return self._roll_back(act, ladder, checked)
        except Refusal as refusal:
            facts = {"rehearsal": True, **_facts(form)}
            self._refuse(act, ladder, _known(checked, form), refusal, facts=facts, form=form)
            raise

    def _roll_back(self, act: Act, ladder: Ladder, values: ReadOnlyValues) -> R:
        try:
            with rehearsal_of_one():
                return self._run(act.recording(), ladder, values)
        except IntegrityError as error:
            raise self._constraint_refusal(error) from error
        except OperationalError as error:
            if was_cut_off(error):
                raise self._cut_off(act) from error
            raise

    def _pass(self, act: Act, *, values: ReadOnlyValues | None = None, form: DoorForm | None = None) -> R:
        ladder = Ladder()
        checked: ReadOnlyValues = values or {}
        try:
            checked = self._courtesy(act, ladder, checked, form)
            return self._commit(act, ladder, checked)
        except Refusal as refusal:
            self._refuse(act, ladder, _known(checked, form), refusal, facts=_facts(form), form=form)
            raise
        except Unavailable:
            raise
        except Exception as error:
            self._record_alone(act, "failed", ladder, _known(checked, form), record=_left(ladder))
            error.audited = True  # type: ignore[attr-defined]
            raise

    def _courtesy(
        self, act: Act, ladder: Ladder, values: ReadOnlyValues, form: DoorForm | None
    ) -> ReadOnlyValues:
        """The gates that need no lock. Returns the values for the body."""
        if act.actor.schema != binding.schema_name() or act.tenant.schema_name != binding.schema_name():
            raise AuthRequired(_("Your sign-in is for another web address. Sign in here."))
        if not act.actor.is_authenticated:
            raise not_signed_in(act)
        if self.step_up:
            require_recent_proof(act)
        ladder.passed("authenticated", inputs=[keys.person(act.actor.ref)], actor_type=act.actor.type)
        if not act.actor.may(self.permission):
            raise lacking(act, self.permission)
        valid = ladder.is_valid = form is None or form.is_valid()
        values = _known(values, form)
        read = [*keys.of_actor(act.actor), *self._permit_hubs(act, values)]
        ladder.passed("permitted", inputs=read, rule=self.permission, roles=list(act.actor.roles))
        if not self.while_frozen:
            plug("freezes")(act, binding=False)
        if form is not None and not valid:
            raise form.refusal()
        if self.derive is not None:
            values = {**values, DERIVED: self.derive(act, **values)}
        return values

    def _permit_hubs(self, act: Act, values: ReadOnlyValues) -> list[str]:
        """Refuse people who do not work at all of the hubs. Returns the keys that the decision read."""
        if self.hubs is None:
            return []
        read: list[str] = []
        for hub in sorted({hub for hub in self.hubs(values) if hub is not None}, key=str):
            if not act.actor.may(Permission.INVENTORY_OPERATE_HUB, hub):
                raise hub_not_granted(hub)
            read += keys.at_hub(act.actor, hub.pk)
        return read

    def _commit(self, act: Act, ladder: Ladder, values: ReadOnlyValues) -> R:
        for attempt in range(1, ATTEMPTS + 1):
            steps = list(ladder.steps)
            try:
                with transaction.atomic(durable=True):
                    inside = act.recording()
                    result = self._run(inside, ladder, values)
                    record = cast(Record, inside.record)
                    outcome = "noop" if record.nothing_to_do else "allowed"
                    self._write_event(act, outcome, ladder, values, record=record)
                    commit_state.committing()
                commit_state.committed()
                return result
            except IntegrityError as error:
                commit_state.rolled_back(error)
                raise self._constraint_refusal(error) from error
            except OperationalError as error:
                commit_state.rolled_back(error)
                if was_cut_off(error):
                    ladder.steps = steps
                    raise self._cut_off(act) from error
                if not is_retried(error):
                    raise
                if attempt == ATTEMPTS:
                    raise Unavailable(
                        _(
                            "Several people changed the same records at the same time. Nothing was saved. Try again."
                        )
                    ) from error
                ladder.steps = steps
        raise AssertionError("unreachable")

    def _run(self, act: Act, ladder: Ladder, values: ReadOnlyValues) -> R:
        ladder.record = record = cast(Record, act.record)
        if not self.while_frozen:
            plug("freezes")(act, binding=True)
        ladder.passed("open", inputs=() if self.while_frozen else (keys.FREEZE,))
        act = self._bind_rights(act, values)
        with self._claim(act) as usage:
            result = self.body(act, **values)  # type: ignore[call-arg]
            ladder.passed("valid", inputs=record.inputs)
        ladder.passed("within_plan", inputs=recording.ceiling_inputs(self.ceiling), **(usage or {}))
        ladder.passed("state")
        if record.is_empty:
            raise RuntimeError(f"{self.name} committed nothing that its audit event could say")
        if not (record.touched or record.nothing_to_do or self.observes):
            raise RuntimeError(f"{self.name} did not record what it touched")
        ladder.passed("written")
        return result

    def _claim(self, act: Act) -> AbstractContextManager[Any]:
        return plug("ceilings")(act, self.ceiling) if self.ceiling else nullcontext({})

    def _bind_rights(self, act: Act, values: ReadOnlyValues) -> Act:
        """Check the permitted gate again under a lock: a role or hub may have been taken away since the first check."""
        act = plug("rights")(act)
        if not act.actor.may(self.permission):
            raise lacking(act, self.permission)
        self._permit_hubs(act, values)
        return act

    def _cut_off(self, act: Act) -> Exception:
        """The exception for a transaction that was stopped from outside: the freeze's refusal if a freeze did it.

        The freeze is read under its lock, so this waits until the freeze has committed.
        """
        if not self.while_frozen:
            try:
                with transaction.atomic(durable=True):
                    plug("freezes")(act, binding=True)
            except Refusal as refusal:
                return refusal
        return Unavailable(
            _("The database stopped this request before it was finished. Nothing was changed. Try again.")
        )

    def _constraint_refusal(self, error: IntegrityError) -> Exception:
        """The refusal for a violated constraint, which catches what the checks under the lock missed."""
        refusal = self.constraint_refusals.get(constraint_of(error))
        return refusal() if refusal else error

    def _refuse(
        self,
        act: Act,
        ladder: Ladder,
        values: ReadOnlyValues,
        refusal: Refusal,
        *,
        facts: ReadOnlyValues,
        form: DoorForm | None,
    ) -> None:
        if refusal.reason is Reason.STEP_UP_REQUIRED:
            waiting = recording.outcome_of(self.source, "noop", ladder, values)
            record_event(
                act, asked_to_confirm(act, tried=self.name, resource=waiting.resource, hubs=waiting.hubs)
            )
            refusal.audited = True  # type: ignore[attr-defined]
            return
        record = _left(ladder, facts)
        explain(act, refusal, form=form, values=values)
        if ladder.steps:  # signed in: record what was asked for, so that it can be rehearsed
            if form is not None and ladder.is_valid is None and not form.is_long:
                # Refused before anybody read it. Its hubs say who may read the event.
                ladder.is_valid, values = form.is_valid(), form.values()
            unread = form.refusal() if form is not None and ladder.is_valid is False else None
            is_known = form is None or ladder.is_valid is not None
            given = {name: value for name, value in values.items() if name != DERIVED} if is_known else None
            refusal.evidence["request"], hubs = asked.request_of(act.actor, given, unread=unread)
            record.hubs |= hubs
        recording.stop(self.source, act, ladder, refusal, record)
        self._record_alone(act, "refused", ladder, values, refusal=refusal, record=record)
        refusal.audited = True  # type: ignore[attr-defined]

    def _record_alone(
        self, act: Act, outcome: str, ladder: Ladder, values: ReadOnlyValues, **found: Any
    ) -> None:
        with transaction.atomic(durable=True):
            self._write_event(act, outcome, ladder, values, **found)

    def _write_event(
        self,
        act: Act,
        outcome: str,
        ladder: Ladder,
        values: ReadOnlyValues,
        *,
        record: Record | None = None,
        refusal: Refusal | None = None,
    ) -> None:
        record_event_or_stop(
            act, recording.outcome_of(self.source, outcome, ladder, values, record=record, refusal=refusal)
        )


def _known(values: ReadOnlyValues, form: DoorForm | None) -> ReadOnlyValues:
    """The values as far as known: those passed, or those that the form could read."""
    return values if form is None else form.values()


def _facts(form: DoorForm | None) -> ReadOnlyValues:
    return {} if form is None else form.facts()


def _left(ladder: Ladder, facts: ReadOnlyValues | None = None) -> Record:
    """The inputs and hubs that a body reported before it was rolled back."""
    undone = ladder.record or Record()
    return Record(facts=dict(facts or {}), inputs=undone.inputs, hubs=undone.hubs)
