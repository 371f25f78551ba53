"""A ticket is acknowledged once, and reminders follow its resolution: neither replaces a reply, which needs evidence."""

from django.db import migrations

MESSAGE = """
CREATE OR REPLACE FUNCTION public.support_message_needs_evidence() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF NEW.kind = 'reply' AND NEW.author_type <> 'customer' AND NOT EXISTS (
        SELECT 1 FROM public.support_investigation WHERE ticket_id = NEW.ticket_id AND step >= 3
    ) THEN
        RAISE EXCEPTION 'a reply needs evidence: step 3 of the investigation is not done'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.kind = 'acknowledgement' AND EXISTS (
        SELECT 1 FROM public.support_ticket WHERE id = NEW.ticket_id AND incident_id IS NULL
    ) AND EXISTS (
        SELECT 1 FROM public.support_message
        WHERE ticket_id = NEW.ticket_id AND NOT is_internal AND kind IN ('acknowledgement', 'info_request', 'reply')
    ) THEN
        RAISE EXCEPTION 'a ticket is acknowledged once, before any other answer' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.kind = 'reminder' AND NOT EXISTS (
        SELECT 1 FROM public.support_ticket WHERE id = NEW.ticket_id AND state = 'resolved'
    ) THEN
        RAISE EXCEPTION 'a reminder follows the resolution of its ticket' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""


class Migration(migrations.Migration):
    dependencies = [("support", "0020_draft_editors")]

    operations = [migrations.RunSQL(MESSAGE, migrations.RunSQL.noop)]
