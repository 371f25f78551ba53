"""Short names for types that recur, and for values whose types are known only when the program runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db.models import QuerySet
from django.utils.functional import Promise

#: Values by name: the arguments of an action, what a form cleaned, the context of a template, an object of JSON.
Values: TypeAlias = dict[str, Any]
#: The same, where they are only read.
ReadOnlyValues: TypeAlias = Mapping[str, Any]
#: Rows of a model that is chosen at run time, or that carry annotations.
Rows: TypeAlias = QuerySet[Any, Any]
if TYPE_CHECKING:  # the type of a translated text exists in Django's stubs only
    from django.utils.functional import _StrPromise

    StrOrPromise: TypeAlias = str | _StrPromise
else:
    #: A text, or one that is translated when it is shown.
    StrOrPromise = str | Promise
