"""The reason of an access session can be emptied, when the agent who wrote it is erased. Its length stays."""

import django.db.models.functions.text
from django.db import migrations, models

FUNCTION = """
CREATE OR REPLACE FUNCTION public.support_access_only_forward() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'access sessions are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.tenant_id, NEW.agent, NEW.ticket, NEW.reason_length, NEW.minutes, NEW.requested_at, NEW.request_id)
        IS DISTINCT FROM
       (OLD.id, OLD.tenant_id, OLD.agent, OLD.ticket, OLD.reason_length, OLD.minutes, OLD.requested_at, OLD.request_id)
        OR (NEW.reason IS DISTINCT FROM OLD.reason AND NEW.reason <> '')
        OR (OLD.opened_at IS NOT NULL AND (NEW.opened_at, NEW.expires_at) IS DISTINCT FROM (OLD.opened_at, OLD.expires_at))
        OR (
            OLD.ended_at IS NOT NULL
            AND (NEW.opened_at, NEW.expires_at, NEW.ended_at) IS DISTINCT FROM (OLD.opened_at, OLD.expires_at, OLD.ended_at)
        )
    THEN
        RAISE EXCEPTION 'an access session can only be opened once and ended once, and its reason emptied'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
FILL = """
ALTER TABLE support_accesssession DISABLE TRIGGER support_accesssession_only_forward;
UPDATE support_accesssession SET reason_length = length(reason);
ALTER TABLE support_accesssession ENABLE TRIGGER support_accesssession_only_forward;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("support", "0002_only_forward"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="accesssession",
            name="support_access_says_why",
        ),
        migrations.AddField(
            model_name="accesssession",
            name="reason_length",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.RunSQL(FUNCTION, migrations.RunSQL.noop),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="accesssession",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason_length", 0), ("ticket", ""), _negated=True),
                name="support_access_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="accesssession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reason", ""),
                    ("reason_length", django.db.models.functions.text.Length("reason")),
                    _connector="OR",
                ),
                name="support_access_reason_length",
            ),
        ),
    ]
