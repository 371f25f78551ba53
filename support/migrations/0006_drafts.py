"""A draft changes by revisions and never after it was sent; nobody approves their own; no reply without evidence."""

from django.db import migrations, models

DRAFT = """
CREATE FUNCTION public.support_draft_moves() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF (NEW.id, NEW.ticket_id, NEW.kind, NEW.begun_at, NEW.request_id) IS DISTINCT FROM
       (OLD.id, OLD.ticket_id, OLD.kind, OLD.begun_at, OLD.request_id)
    THEN
        RAISE EXCEPTION 'this part of a draft cannot change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('sent', 'discarded') THEN
        IF (to_jsonb(NEW) - 'text' - 'overrides') IS DISTINCT FROM (to_jsonb(OLD) - 'text' - 'overrides')
            OR (NEW.text IS DISTINCT FROM OLD.text AND NEW.text <> '')
            OR (NEW.overrides IS DISTINCT FROM OLD.overrides AND NEW.overrides <> '{}'::jsonb)
        THEN
            RAISE EXCEPTION 'a draft that was sent or discarded can only be emptied'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.revision < OLD.revision
        OR (NEW.revision = OLD.revision
            AND (NEW.text, NEW.overrides, NEW.follow_up, NEW.next_update_at, NEW.template, NEW.template_version, NEW.author)
                IS DISTINCT FROM
                (OLD.text, OLD.overrides, OLD.follow_up, OLD.next_update_at, OLD.template, OLD.template_version, OLD.author))
    THEN
        RAISE EXCEPTION 'an edit of a draft needs a new revision' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
APPROVAL = """
CREATE FUNCTION public.support_approval_of_another() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM public.support_draft
        WHERE id = NEW.draft_id AND author <> NEW.decided_by AND revision = NEW.draft_revision
    ) THEN
        RAISE EXCEPTION 'another person decides on the present revision of a draft'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
REPLY = """
CREATE FUNCTION public.support_message_needs_evidence() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF NEW.kind = 'reply' AND NEW.author_type <> 'customer' AND NOT EXISTS (
        SELECT 1 FROM public.support_investigation WHERE ticket_id = NEW.ticket_id AND step >= 3
    ) THEN
        RAISE EXCEPTION 'a reply needs evidence: step 3 of the investigation is not done'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
RESOLUTION = """
CREATE FUNCTION public.support_ticket_needs_evidence() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF NEW.state = 'resolved' AND OLD.state NOT IN ('resolved', 'duplicate') AND NOT EXISTS (
        SELECT 1 FROM public.support_investigation WHERE ticket_id = NEW.id AND step >= 3
    ) THEN
        RAISE EXCEPTION 'a resolution needs evidence: step 3 of the investigation is not done'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
FUNCTIONS = {
    "support_draft_moves": DRAFT,
    "support_approval_of_another": APPROVAL,
    "support_message_needs_evidence": REPLY,
    "support_ticket_needs_evidence": RESOLUTION,
}
#: Trigger, its moment, its table, for each row or statement, its function.
TRIGGERS = [
    ("support_draft_moves", "BEFORE UPDATE", "support_draft", "ROW", "support_draft_moves"),
    (
        "support_draft_rows_stay",
        "BEFORE DELETE OR TRUNCATE",
        "support_draft",
        "STATEMENT",
        "support_ticket_rows_stay",
    ),
    (
        "support_approval_of_another",
        "BEFORE INSERT",
        "support_approval",
        "ROW",
        "support_approval_of_another",
    ),
    (
        "support_message_needs_evidence",
        "BEFORE INSERT",
        "support_message",
        "ROW",
        "support_message_needs_evidence",
    ),
    (
        "support_ticket_needs_evidence",
        "BEFORE UPDATE",
        "support_ticket",
        "ROW",
        "support_ticket_needs_evidence",
    ),
]
CLOSE_REASONS = [
    "solved",
    "configuration",
    "expected",
    "known_issue",
    "plan_constraint",
    "commercial_routed",
    "exception_refused",
    "feature_logged",
    "outside_scope",
    "not_reproducible",
    "engineering_fixed",
    "incident_resolved",
]


class Migration(migrations.Migration):
    dependencies = [("support", "0005_ticket_triggers")]

    operations = [
        migrations.RemoveField(model_name="approval", name="remark"),
        migrations.RemoveField(model_name="draft", name="resolves"),
        migrations.AddField(
            model_name="draft",
            name="follow_up",
            field=models.CharField(default="go_on", max_length=20),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(("follow_up__in", ["go_on", "wait", *CLOSE_REASONS])),
                name="support_draft_follow_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["draft", "waiting"])),
                fields=("ticket",),
                name="support_draft_one_open",
            ),
        ),
        *(migrations.RunSQL(sql, f"DROP FUNCTION public.{name}()") for name, sql in FUNCTIONS.items()),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {name} {moment} ON {table} FOR EACH {each} EXECUTE FUNCTION public.{function}()",
                f"DROP TRIGGER {name} ON {table}",
            )
            for name, moment, table, each, function in TRIGGERS
        ),
    ]
