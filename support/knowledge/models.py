"""Entries of knowledge in versions, and known issues."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.append_only import AppendOnly
from asora.kernel.request_ids import uuid7


class Entry(AppendOnly):
    """One version of a text or rule that the desk works by. The newest version of a key counts."""

    class Kind(models.TextChoices):
        PLAYBOOK = "playbook", _("playbook")
        PHRASE_RULE = "phrase_rule", _("phrase rule")
        REPLY_TEMPLATE = "reply_template", _("reply template")
        ERROR_GUIDE = "error_guide", _("error guide")
        ARTICLE = "article", _("article")
        POLICY = "policy", _("policy")
        MANUAL = "manual", _("manual")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    key = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=160)
    #: Markdown.
    body = models.TextField(blank=True)
    #: What programs read: the pattern of a phrase rule, the fields of a template.
    rule = models.JSONField(default=dict)
    is_withdrawn = models.BooleanField(default=False)
    next_review = models.DateField(null=True)
    #: The release that shipped this version; empty if a person wrote it.
    release = models.CharField(max_length=20, blank=True)
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("knowledge entry")
        verbose_name_plural = _("knowledge entries")
        constraints = [
            models.UniqueConstraint(fields=["kind", "key", "version"], name="support_entry_version")
        ]

    def __str__(self) -> str:
        return self.title


class KnownIssue(models.Model):
    """An issue that is known, found by the code, action and reason of its events, with a workaround."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        FIXED = "fixed", _("fixed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ref = models.CharField(max_length=16, unique=True)
    title = models.CharField(max_length=160)
    code = models.CharField(max_length=32, blank=True)
    action = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=64, blank=True)
    #: The first release that has it; empty: unknown.
    since_release = models.CharField(max_length=20, blank=True)
    fixed_in = models.CharField(max_length=20, blank=True)
    workaround = models.TextField(blank=True)
    #: Whether customers see it on their help page.
    is_public = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("known issue")
        indexes = [models.Index(fields=["code", "action", "reason"], name="support_knownissue_signature")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "fixed", "withdrawn"]), name="support_knownissue_state"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="fixed", fixed_in=""), name="support_knownissue_says_where_fixed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"
