"""Every form that is submitted to an action answers all that the door asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.urls import get_resolver

from asora.kernel.forms import ActionForm, DoorForm
from asora.kernel.refusals import Reason, ValidationFailed

PACKAGES = {"asora", "audit", "integrations", "inventory", "ledger", "plans", "support"}


def below(cls: type) -> Iterator[type]:
    """The classes of the product that derive from a class."""
    for sub in cls.__subclasses__():
        yield sub
        yield from below(sub)


def product_forms() -> list[type]:
    """Every Django form of the product, on both hosts."""
    for urls in ("asora.urls_tenant", "asora.urls_public"):
        get_resolver(urls).url_patterns  # noqa: B018 (imports the views, which import their forms)
    return [cls for cls in below(forms.Form) if cls.__module__.split(".")[0] in PACKAGES]


def test_a_form_that_names_the_arguments_of_an_action_is_one_for_the_door() -> None:
    found = product_forms()
    assert len(found) > 30
    for cls in found:
        assert issubclass(cls, DoorForm) == hasattr(cls, "values"), cls


class Shape(ActionForm):
    """A field that must be filled in."""

    code = forms.CharField(max_length=4)


def test_an_action_form_says_its_values_and_every_error_at_its_field() -> None:
    good = Shape({"code": "A"})
    assert good.is_valid()
    assert good.values() == {"code": "A"}
    bad = Shape({"code": "TOO-LONG"})
    assert not bad.is_valid()
    refusal: Any = bad.refusal()
    assert isinstance(refusal, ValidationFailed)
    assert [entry["reason"] for entry in refusal.details["fields"]["code"]] == ["MAX_LENGTH"]


def test_without_more_to_say_a_form_adds_nothing_to_an_event() -> None:
    form = Shape({})
    assert form.facts() == form.evidence(ValidationFailed(reason=Reason.NO_DATA)) == {}
    assert form.record is None


@pytest.mark.parametrize("question", ["is_valid", "values", "refusal"])
def test_the_base_answers_nothing_itself(question: str) -> None:
    with pytest.raises(NotImplementedError):
        getattr(DoorForm(), question)()


class Choice(ActionForm):
    """Django's own messages name the value."""

    kind = forms.ChoiceField(choices=[("a", "A")])
    kinds = forms.MultipleChoiceField(choices=[("a", "A")])


def test_a_refused_choice_is_not_repeated() -> None:
    refusal = Choice({"kind": "Zebulon", "kinds": ["Zebulon"]}).refusal()
    assert "Zebulon" not in str([refusal.message, refusal.details])
    for name in ("kind", "kinds"):
        assert refusal.details["fields"][name] == [
            {"reason": "INVALID_CHOICE", "message": "Choose one of the options."}
        ]
