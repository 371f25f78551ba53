"""`@action`: how a context declares one named change behind the door, with its words in the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from asora.kernel import recording, words
from asora.kernel.act import Act
from asora.kernel.door import Action
from asora.kernel.permissions import Asked
from asora.kernel.refusals import Refusal
from asora.kernel.text import StrOrPromise

#: The default of a body's argument `derived`, which the door always fills in: `derived: Table = BY_DERIVE`.
BY_DERIVE: Any = None

P = ParamSpec("P")
R = TypeVar("R")


def action(
    name: str,
    *,
    permission: Asked,
    done: StrOrPromise,
    tried: StrOrPromise,
    ceiling: str = "",
    hubs: recording.Places | None = None,
    concerns: recording.Places | None = None,
    subject: str = "",
    constraint_refusals: Mapping[str, Callable[[], Refusal]] | None = None,
    while_frozen: bool = False,
    step_up: bool = False,
    observes: bool = False,
    derive: Callable[..., Any] | None = None,
) -> Callable[[Callable[Concatenate[Act, P], R]], Action[P, R]]:
    """Make a function the body of an action.

    `name`: the action's name in the audit trail. `done`, `tried`: its sentences there (`asora.kernel.words`).
    `permission`: the codename for the permission back ends, or
    `SIGNED_IN`. `ceiling`: the plan resource that its rows count against. `hubs`: picks from its values the hubs
    where it works. `concerns`: hubs that its values mention without work there; they limit who may read the event of
    a refusal. `subject`: which value is the resource of a refused event. `constraint_refusals`:
    name of a constraint to its refusal, which catches what the checks under the lock missed.
    `while_frozen`: allowed in a frozen tenant (exports, security settings, deactivating a person).
    `observes`: what it does changes no verdict of any gate, so that there is nothing to say it touched.
    `derive`: expensive work that needs no lock, called with the act and the values after the gates permitted, open and
    valid, and before the transaction. The body gets its result as the argument `derived`; a refusal in it is audited.
    `step_up`: dangerous enough to ask who it is once more (see `require_recent_proof`).
    """

    def make(body: Callable[Concatenate[Act, P], R]) -> Action[P, R]:
        if name in registry:
            raise RuntimeError(f"two actions are called {name}")
        words.register_sentence(name, done=done, tried=tried)
        registry[name] = made = Action(
            body,
            name=name,
            permission=permission,
            ceiling=ceiling,
            hubs=hubs,
            concerns=concerns,
            subject=subject,
            constraint_refusals=constraint_refusals,
            while_frozen=while_frozen,
            step_up=step_up,
            observes=observes,
            derive=derive,
        )
        return made

    return make


registry: dict[str, Action[Any, Any]] = {}
