"""Reads the knowledge room: the current version of entries, phrase rules, and known issues."""

from __future__ import annotations

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery

from asora.kernel.error_guide import Guide, guide_of
from support.knowledge.models import Entry, KnownIssue
from support.knowledge.must_include import Requirement, requirements_of
from support.knowledge.phrases import PhraseRule, rule_of


def current(kind: str = "") -> QuerySet[Entry]:
    """The newest version of each entry that is not withdrawn, by kind and key; of one kind, if it is given."""
    return newest(kind).filter(is_withdrawn=False)


def newest(kind: str = "") -> QuerySet[Entry]:
    """The newest version of each entry, withdrawn ones included."""
    later = Entry.objects.filter(kind=OuterRef("kind"), key=OuterRef("key")).order_by("-version")
    rows = Entry.objects.filter(version=Subquery(later.values("version")[:1]))
    if kind:
        rows = rows.filter(kind=kind)
    return rows.order_by("kind", "key")


def entry(kind: str, key: str) -> Entry | None:
    """The current version of one entry; None if there is none or it is withdrawn."""
    found = versions(kind, key).first()
    return None if found is None or found.is_withdrawn else found


def versions(kind: str, key: str) -> QuerySet[Entry]:
    """All versions of an entry, newest first."""
    return Entry.objects.filter(kind=kind, key=key).order_by("-version")


def phrase_rules() -> tuple[PhraseRule, ...]:
    """The phrase rules that apply now, by key."""
    return tuple(rule_of(row.key, row.title, row.body, row.rule) for row in current(Entry.Kind.PHRASE_RULE))


def requirements() -> tuple[Requirement, ...]:
    """What a reply has to contain now. Empty only if the policy is withdrawn."""
    found = entry(Entry.Kind.POLICY, "must_include")
    return () if found is None else requirements_of(found.rule)


def reply_templates(*, category: str = "", draft: str = "", determination: str = "") -> list[Entry]:
    """The current reply templates that fit, those of the determination first, then by title."""
    rows = [
        row
        for row in current(Entry.Kind.REPLY_TEMPLATE)
        if (not draft or row.rule["draft"] == draft) and (not category or category in row.rule["categories"])
    ]
    return sorted(rows, key=lambda row: (determination not in row.rule.get("determinations", []), row.title))


def guide_for(code: str, reason: str = "", *, action: str = "") -> Guide | None:
    """The entry of the error guide for a refusal: the same texts as on its page. None for an unknown code."""
    return guide_of(code, reason, action=action)


def known_issues_for(*, code: str, action: str = "", reason: str = "", release: str = "") -> list[KnownIssue]:
    """Open known issues that match an event, exact matches first: code, action and reason, in an affected release.

    A signature without an action or reason matches all of them. `release`: of the event; "" matches every issue.
    """
    if not code:
        return []
    rows = KnownIssue.objects.filter(
        Q(action="") | Q(action=action),
        Q(reason="") | Q(reason=reason),
        code=code,
        state=KnownIssue.State.OPEN,
    )
    affected = [row for row in rows if affects(row, release)]
    return sorted(affected, key=lambda row: (not is_exact(row, action=action, reason=reason), row.ref))


def exact_issues(*, code: str, action: str, reason: str, release: str) -> list[KnownIssue]:
    """Open known issues with exactly this code, action and reason, in an affected release. None without a code."""
    if not code:
        return []
    found = known_issues_for(code=code, action=action, reason=reason, release=release)
    return [issue for issue in found if is_exact(issue, action=action, reason=reason)]


def is_exact(issue: KnownIssue, *, action: str, reason: str) -> bool:
    """Whether an issue that matches names the action and the reason too."""
    return bool(issue.action and issue.reason) and (issue.action, issue.reason) == (action, reason)


def affects(issue: KnownIssue, release: str) -> bool:
    """Whether a release has the issue: from `since_release` until before `fixed_in`. Unknown is affected."""
    if not release:
        return True
    number = _number(release)
    is_since = not issue.since_release or _number(issue.since_release) <= number
    return is_since and (not issue.fixed_in or number < _number(issue.fixed_in))


def _number(release: str) -> tuple[int, ...]:
    """A release as numbers that can be compared; what is not a number counts as zero."""
    return tuple(int(part) if part.isdigit() else 0 for part in release.lstrip("v").split("."))


def next_ref() -> str:
    """The reference of the next known issue. Call it under the room's lock."""
    last = KnownIssue.objects.aggregate(last=Max("ref"))["last"]
    return f"KI-{int(last.removeprefix('KI-')) + 1 if last else 1:04d}"


def known_issues(*, state: str = "", q: str = "") -> QuerySet[KnownIssue]:
    """Known issues, newest first; of one state, and with a text in reference, title or signature."""
    rows = KnownIssue.objects.all()
    if state:
        rows = rows.filter(state=state)
    for word in _words(q):
        rows = rows.filter(
            Q(ref__icontains=word)
            | Q(title__icontains=word)
            | Q(workaround__icontains=word)
            | Q(code__icontains=word)
            | Q(action__icontains=word)
            | Q(reason__icontains=word)
        )
    return rows.order_by("-ref")


def found(*, kind: str = "", q: str = "") -> QuerySet[Entry]:
    """The newest versions of entries, withdrawn ones included, that have all words of `q` in key, title or body."""
    rows = newest(kind)
    for word in _words(q):
        rows = rows.filter(Q(key__icontains=word) | Q(title__icontains=word) | Q(body__icontains=word))
    return rows


MAX_WORDS = 8


def _words(q: str) -> list[str]:
    return q.replace("\x00", " ").split()[:MAX_WORDS]
