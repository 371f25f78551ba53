"""What the door asks of a form: its shape, its values, its errors, and what the event of a refusal carries of it.

`DoorForm` is the base of everything that is submitted to an action: files, documents and export requests derive from it
directly, Django forms by `ActionForm`.
"""

from __future__ import annotations

from typing import Any

from django import forms

from asora.kernel.gates import invalid_form
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import ReadOnlyValues


class DoorForm:
    """The input of one action. The door calls `is_valid` once the actor is permitted, and `refusal` if it is not."""

    #: The existing record that is changed, if there is one: the event of a refusal names it.
    record: Any = None
    #: Reading it takes long. If the door refuses it before it was read, it is not read for the event of the refusal.
    is_long: bool = False

    def is_valid(self) -> bool:
        """Whether the shape of the input is right. Expensive work belongs into the action's `derive`."""
        raise NotImplementedError

    def values(self) -> ReadOnlyValues:
        """The named arguments of the action, as far as the input could be read."""
        raise NotImplementedError

    def refusal(self) -> Refusal:
        """Why the input is not valid, each error under the key of its field or line."""
        raise NotImplementedError

    def facts(self) -> ReadOnlyValues:
        """What the event of any refusal carries about the input, such as the digest of a file."""
        return {}

    def evidence(self, refusal: Refusal) -> ReadOnlyValues:
        """What the event of this refusal carries: `concerned` (keys of records) and `typed` (refused values).

        What is left out here is taken from the values and, for a Django form, from the refused fields.
        """
        return {}


class ActionForm(forms.Form, DoorForm):
    """A Django form that is submitted to an action."""

    def values(self) -> ReadOnlyValues:
        """The cleaned fields."""
        return getattr(self, "cleaned_data", {})

    def refusal(self) -> Refusal:
        """Every error at its field."""
        return invalid_form(self)
