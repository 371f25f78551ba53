"""The one door: every change is judged by the same gates in the same order, and leaves one audit event.

Gate order (product.md, "Gate order, always the same"): authenticated → permitted → open → valid → within plan →
state → written. The first gate that refuses decides the code. An allowed change and its event commit together; a
refusal rolls everything back, and then its event is written in a transaction of its own. If an event cannot be
written, the action does not happen.

The door knows no bounded context. What it needs from above is named in `settings.ASORA_DOOR`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast

from django.conf import settings
from django.db import DatabaseError, IntegrityError, OperationalError, transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from asora.kernel import binding, commit_state, keys, recording
from asora.kernel.act import Act, Record
from asora.kernel.evidence import explain
from asora.kernel.forms import DoorForm
from asora.kernel.gates import (
    asked_to_confirm,
    hub_not_granted,
    lacking,
    not_signed_in,
    require_recent_proof,
)
from asora.kernel.ladder import Ladder, Outcome
from asora.kernel.refusals import AuthRequired, Reason, Refusal

RETRIED_SQLSTATES = {"40P01": "deadlock", "40001": "serialisation failure"}
# What a write meets that a freeze did not wait for any longer (`plans.freezes.shut`).
CUT_OFF_SQLSTATES = {"57014": "statement cancelled", "57P01": "back end ended"}
ATTEMPTS = 4  # the first, and three retries
#: Instead of a permission: everybody who is signed in may, for it concerns only themselves.
SIGNED_IN = "signed-in"
#: The argument of a body that gets the result of its action's `derive`, and the default that says so to its callers:
#: `derived: Table = BY_DERIVE`. The door always fills it in.
DERIVED = "derived"
BY_DERIVE: Any = None

P = ParamSpec("P")
R = TypeVar("R")


class Unavailable(Exception):
    """503: nothing was decided and nothing was written; the same request may be sent again."""


_on_stage: ContextVar[bool] = ContextVar("on_stage", default=False)


@contextmanager
def stage() -> Iterator[None]:
    """Where actions are rehearsed after each other: each finds what those before it did, and in the end nothing was.

    Only `rehearse` may be called on it: an action that is meant would not be kept, and refuses to begin.
    """
    with transaction.atomic(durable=True):
        token = _on_stage.set(True)
        try:
            yield
        finally:
            _on_stage.reset(token)
            transaction.set_rollback(True)


class Action(Generic[P, R]):
    """One named change. Call it with values, submit a form to it, check what a form would do, or rehearse it."""

    def __init__(
        self,
        body: Callable[Concatenate[Act, P], R],
        *,
        name: str,
        permission: str,
        ceiling: str = "",
        hubs: recording.Places | None = None,
        concerns: recording.Places | None = None,
        about: str = "",
        nets: Mapping[str, Callable[[], Refusal]] | None = None,
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
        self.about = about
        self.nets = dict(nets or {})
        self.while_frozen = while_frozen
        self.step_up = step_up
        self.observes = observes
        self.subject = recording.Subject(
            name=name,
            asked=name if permission == SIGNED_IN else permission,
            ceiling=ceiling,
            about=about,
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
        """Do what a form asks for; the form is judged by the door, so that an invalid one is audited too."""
        return self._pass(act, form=form)

    def rehearse(self, act: Act, *args: P.args, **values: P.kwargs) -> R:
        """All gates and the body, always rolled back, no event: "would this be allowed now?".

        On a `stage` it is rolled back with everything else that is rehearsed there, a refusal at once.
        """
        ladder = Ladder()
        return self._roll_back(act, ladder, self._courtesy(act, ladder, values, None))

    def check(self, act: Act, form: DoorForm) -> R:
        """The dry run of a form that somebody sent: a rehearsal, but what it refuses them leaves its event."""
        ladder = Ladder()
        judged: Mapping[str, Any] = {}
        try:
            judged = self._courtesy(act, ladder, judged, form)
            return self._roll_back(act, ladder, judged)
        except Refusal as refusal:
            facts = {"rehearsal": True, **_facts(form)}
            self._refuse(act, ladder, _known(judged, form), refusal, facts=facts, form=form)
            raise

    def _roll_back(self, act: Act, ladder: Ladder, values: Mapping[str, Any]) -> R:
        try:
            with transaction.atomic() if _on_stage.get() else stage():
                return self._run(act.recording(), ladder, values)
        except IntegrityError as error:
            raise self._netted(error) from error
        except OperationalError as error:
            if _sqlstate(error) in CUT_OFF_SQLSTATES:
                raise self._cut_off(act) from error
            raise

    def _pass(self, act: Act, *, values: Mapping[str, Any] | None = None, form: DoorForm | None = None) -> R:
        ladder = Ladder()
        judged: Mapping[str, Any] = values or {}
        try:
            judged = self._courtesy(act, ladder, judged, form)
            return self._commit(act, ladder, judged)
        except Refusal as refusal:
            self._refuse(act, ladder, _known(judged, form), refusal, facts=_facts(form), form=form)
            raise
        except Unavailable:
            raise
        except Exception as error:
            self._tell(act, "failed", ladder, _known(judged, form), record=_left(ladder))
            error.audited = True  # type: ignore[attr-defined]
            raise

    def _courtesy(
        self, act: Act, ladder: Ladder, values: Mapping[str, Any], form: DoorForm | None
    ) -> Mapping[str, Any]:
        """The gates that need no lock. Returns the values that the body will get."""
        if act.actor.schema != binding.schema_name() or act.tenant.schema_name != binding.schema_name():
            raise AuthRequired(_("This sign-in belongs to another host."))
        if not act.actor.is_authenticated:
            raise not_signed_in(act)
        if self.step_up:
            require_recent_proof(act)
        ladder.passed("authenticated", inputs=[keys.person(act.actor.ref)], actor_type=act.actor.type)
        if self.permission != SIGNED_IN and not act.actor.may(self.permission):
            raise lacking(act, self.permission)
        valid = form is None or form.is_valid()
        values = _known(values, form)
        read = [*keys.of_actor(act.actor), *self._permit_hubs(act, values)]
        ladder.passed("permitted", inputs=read, rule=self.permission, roles=list(act.actor.roles))
        if not self.while_frozen:
            _plug("freezes")(act, binding=False)
        if form is not None and not valid:
            raise form.refusal()
        if self.derive is not None:
            values = {**values, DERIVED: self.derive(act, **values)}
        return values

    def _permit_hubs(self, act: Act, values: Mapping[str, Any]) -> list[str]:
        """Refuse whoever does not work at all of the hubs; returns what was read to decide it."""
        if self.hubs is None:
            return []
        read: list[str] = []
        for hub in sorted({hub for hub in self.hubs(values) if hub is not None}, key=str):
            if not act.actor.may("inventory.operate_hub", hub):
                raise hub_not_granted(hub)
            read += keys.at_hub(act.actor, hub.pk)
        return read

    def _commit(self, act: Act, ladder: Ladder, values: Mapping[str, Any]) -> R:
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
                raise self._netted(error) from error
            except OperationalError as error:
                commit_state.rolled_back(error)
                if _sqlstate(error) in CUT_OFF_SQLSTATES:
                    ladder.steps = steps
                    raise self._cut_off(act) from error
                if _sqlstate(error) not in RETRIED_SQLSTATES:
                    raise
                if attempt == ATTEMPTS:
                    raise Unavailable(_("Too many people changed the same thing at once.")) from error
                ladder.steps = steps
        raise AssertionError("unreachable")

    def _run(self, act: Act, ladder: Ladder, values: Mapping[str, Any]) -> R:
        ladder.record = record = cast(Record, act.record)
        if not self.while_frozen:
            _plug("freezes")(act, binding=True)
        ladder.passed("open", inputs=() if self.while_frozen else (keys.FREEZE,))
        act = self._bind_rights(act, values)
        claim: AbstractContextManager[Any] = (
            _plug("ceilings")(act, self.ceiling) if self.ceiling else nullcontext({})
        )
        with claim as usage:
            result = self.body(act, **values)  # type: ignore[call-arg]
            ladder.passed("valid", inputs=record.inputs)
        ladder.passed("within_plan", inputs=recording.ceiling_inputs(self.ceiling), **(usage or {}))
        ladder.passed("state")
        if record.is_empty:
            raise RuntimeError(f"{self.name} committed nothing that its audit event could say")
        if not (record.touched or record.nothing_to_do or self.observes):
            raise RuntimeError(f"{self.name} has not said what it touched")
        ladder.passed("written")
        return result

    def _bind_rights(self, act: Act, values: Mapping[str, Any]) -> Act:
        """The permitted gate once more, under a lock: a role or hub that was taken away since then counts."""
        act = _plug("rights")(act)
        if self.permission != SIGNED_IN and not act.actor.may(self.permission):
            raise lacking(act, self.permission)
        self._permit_hubs(act, values)
        return act

    def _cut_off(self, act: Act) -> Exception:
        """What stands for a transaction that was stopped from outside: the freeze that did it, if it was one.

        The freeze is asked bindingly, so the answer waits until whoever toggles it has committed.
        """
        if not self.while_frozen:
            try:
                with transaction.atomic(durable=True):
                    _plug("freezes")(act, binding=True)
            except Refusal as refusal:
                return refusal
        return Unavailable(_("The database stopped this half-way, so nothing was changed."))

    def _netted(self, error: IntegrityError) -> Exception:
        """The refusal that stands for a violated constraint: the net below the checks under the lock."""
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        net = self.nets.get(name)
        return net() if net else error

    def _refuse(
        self,
        act: Act,
        ladder: Ladder,
        values: Mapping[str, Any],
        refusal: Refusal,
        *,
        facts: Mapping[str, Any],
        form: DoorForm | None,
    ) -> None:
        if refusal.reason is Reason.STEP_UP_REQUIRED:
            about = recording.outcome_of(self.subject, "noop", ladder, values)
            tell(act, asked_to_confirm(act, tried=self.name, resource=about.resource, hubs=about.hubs))
            refusal.audited = True  # type: ignore[attr-defined]
            return
        record = _left(ladder, facts)
        explain(act, refusal, form=form, values=values)
        recording.stop(self.subject, act, ladder, refusal, record)
        self._tell(act, "refused", ladder, values, refusal=refusal, record=record)
        refusal.audited = True  # type: ignore[attr-defined]

    def _tell(self, act: Act, outcome: str, ladder: Ladder, values: Mapping[str, Any], **said: Any) -> None:
        with transaction.atomic(durable=True):
            self._write_event(act, outcome, ladder, values, **said)

    def _write_event(
        self,
        act: Act,
        outcome: str,
        ladder: Ladder,
        values: Mapping[str, Any],
        *,
        record: Record | None = None,
        refusal: Refusal | None = None,
    ) -> None:
        told = recording.outcome_of(self.subject, outcome, ladder, values, record=record, refusal=refusal)
        try:
            _plug("trail")(act, told)
        except IntegrityError:
            raise  # a constraint of what the body wrote, which is checked before the event is numbered
        except DatabaseError as error:
            if _sqlstate(error) in RETRIED_SQLSTATES | CUT_OFF_SQLSTATES:
                raise
            raise Unavailable(_("The audit trail cannot be written, so nothing was changed.")) from error


def action(
    name: str,
    *,
    permission: str,
    ceiling: str = "",
    hubs: recording.Places | None = None,
    concerns: recording.Places | None = None,
    about: str = "",
    nets: Mapping[str, Callable[[], Refusal]] | None = None,
    while_frozen: bool = False,
    step_up: bool = False,
    observes: bool = False,
    derive: Callable[..., Any] | None = None,
) -> Callable[[Callable[Concatenate[Act, P], R]], Action[P, R]]:
    """Make a function the body of an action.

    `name`: its word in the audit vocabulary. `permission`: the codename asked of the permission back ends, or
    `SIGNED_IN`. `ceiling`: the plan resource that its rows count against. `hubs`: picks the hubs it works at out of
    its values. `concerns`: those that its refused values name without working there, for who may read the event.
    `about`: which value names the resource when it is refused. `nets`: constraint name to the refusal it means.
    `while_frozen`: allowed in a frozen tenant (exports, security settings, deactivating a person).
    `observes`: what it does changes no verdict of any gate, so that there is nothing to say it touched.
    `derive`: expensive work that needs no lock, called with the act and the values after the gates permitted, open and
    valid, and before the transaction. The body gets its result as the argument `derived`; a refusal in it is audited.
    `step_up`: dangerous enough to ask who it is once more (see `require_recent_proof`).
    """

    def make(body: Callable[Concatenate[Act, P], R]) -> Action[P, R]:
        if name in registry:
            raise RuntimeError(f"two actions are called {name}")
        registry[name] = made = Action(
            body,
            name=name,
            permission=permission,
            ceiling=ceiling,
            hubs=hubs,
            concerns=concerns,
            about=about,
            nets=nets,
            while_frozen=while_frozen,
            step_up=step_up,
            observes=observes,
            derive=derive,
        )
        return made

    return make


registry: dict[str, Action[Any, Any]] = {}


def tell(act: Act, outcome: Outcome) -> None:
    """Record what happened outside an action (sign-in, a refused page, a download) in a transaction of its own."""
    with transaction.atomic(durable=True):
        record(act, outcome)


def record(act: Act, outcome: Outcome) -> None:
    """The same in the transaction of the caller, who has more to write with it."""
    _plug("trail")(act, outcome)


def _known(values: Mapping[str, Any], form: DoorForm | None) -> Mapping[str, Any]:
    """What is known of the values: those given, or those that the form could read."""
    return values if form is None else form.values()


def _facts(form: DoorForm | None) -> Mapping[str, Any]:
    return {} if form is None else form.facts()


def _left(ladder: Ladder, facts: Mapping[str, Any] | None = None) -> Record:
    """What is left of a body that was undone: what it had read, and which hubs it was about."""
    undone = ladder.record or Record()
    return Record(facts=dict(facts or {}), inputs=undone.inputs, hubs=undone.hubs)


def _sqlstate(error: DatabaseError) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""


def _plug(name: str) -> Callable[..., Any]:
    return cast(Callable[..., Any], import_string(settings.ASORA_DOOR[name]))
