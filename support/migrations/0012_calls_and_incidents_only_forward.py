"""Calls and incidents move only forward, and none of their rows is ever deleted."""

from django.db import migrations, models

# As `support.incidents.rules.TRANSITIONS`; a test compares both.
TRANSITIONS = [
    ("open", "mitigated"),
    ("open", "resolved"),
    ("mitigated", "open"),
    ("mitigated", "resolved"),
]
PAIRS = ", ".join(f"('{before}', '{after}')" for before, after in TRANSITIONS)

INCIDENT = f"""
CREATE FUNCTION public.support_incident_only_forward() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'incidents are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.number, NEW.title, NEW.severity, NEW.opened_at, NEW.opened_by, NEW.request_id)
        IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.title, OLD.severity, OLD.opened_at, OLD.opened_by, OLD.request_id)
        OR (NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN ({PAIRS}))
    THEN
        RAISE EXCEPTION 'an incident can only change its state, and a resolved one cannot'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
CALL = """
CREATE FUNCTION public.support_page_only_forward() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'calls are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.subject, NEW.subject_ref, NEW.severity, NEW.is_security, NEW.duty, NEW.level, NEW.sent_at,
        NEW.due_at, NEW.request_id)
        IS DISTINCT FROM
       (OLD.id, OLD.subject, OLD.subject_ref, OLD.severity, OLD.is_security, OLD.duty, OLD.level, OLD.sent_at,
        OLD.due_at, OLD.request_id)
        OR (OLD.mailed_at IS NOT NULL AND NEW.mailed_at IS DISTINCT FROM OLD.mailed_at)
        OR (OLD.state <> 'sent'
            AND (NEW.state, NEW.acknowledged_at, NEW.acknowledged_by)
                IS DISTINCT FROM (OLD.state, OLD.acknowledged_at, OLD.acknowledged_by))
    THEN
        RAISE EXCEPTION 'a call can only be sent, and taken or passed on once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""


def triggers(table, function):
    """One trigger for rows and one for TRUNCATE."""
    return [
        migrations.RunSQL(
            f"CREATE TRIGGER {table}_only_forward BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION public.{function}()",
            f"DROP TRIGGER {table}_only_forward ON {table}",
        ),
        migrations.RunSQL(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION public.{function}()",
            f"DROP TRIGGER {table}_no_truncate ON {table}",
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("support", "0011_open_tickets")]

    operations = [
        migrations.AddField("dueclock", "is_recorded", models.BooleanField(default=False)),
        migrations.RunSQL(INCIDENT, "DROP FUNCTION public.support_incident_only_forward()"),
        *triggers("support_incident", "support_incident_only_forward"),
        migrations.RunSQL(CALL, "DROP FUNCTION public.support_page_only_forward()"),
        *triggers("support_page", "support_page_only_forward"),
    ]
