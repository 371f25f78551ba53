"""A mail of a security ticket stays private after the ticket was cleared; the trigger says so too."""

from django.db import migrations, models

BEFORE = """
CREATE OR REPLACE FUNCTION public.support_outboundmail_moves() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'outgoing mails are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.message_id, NEW.participant_id, NEW.header_id) IS DISTINCT FROM
       (OLD.id, OLD.message_id, OLD.participant_id, OLD.header_id)
    THEN
        RAISE EXCEPTION 'the message of a mail and who gets it never change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'sent' THEN
        RAISE EXCEPTION 'a mail that was sent never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'failed' AND NEW.state <> 'queued' THEN
        RAISE EXCEPTION 'a mail that failed has to be queued again' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
MOVES = """
CREATE OR REPLACE FUNCTION public.support_outboundmail_moves() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'outgoing mails are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.message_id, NEW.participant_id, NEW.header_id) IS DISTINCT FROM
       (OLD.id, OLD.message_id, OLD.participant_id, OLD.header_id)
    THEN
        RAISE EXCEPTION 'the message of a mail and who gets it never change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.is_private AND NOT NEW.is_private THEN
        RAISE EXCEPTION 'the text of a private mail is never sent' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'sent' THEN
        RAISE EXCEPTION 'a mail that was sent never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'failed' AND NEW.state <> 'queued' THEN
        RAISE EXCEPTION 'a mail that failed has to be queued again' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""


class Migration(migrations.Migration):
    dependencies = [("support", "0017_approval_of_evidence")]

    operations = [
        migrations.AddField(
            model_name="outboundmail", name="is_private", field=models.BooleanField(default=False)
        ),
        migrations.RunSQL(MOVES, BEFORE),
    ]
