"""The order of the states of a case, and texts of a hand-over that can be emptied when a person is erased."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION public.support_engineeringcase_stays() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF (NEW.id, NEW.number, NEW.ticket_id, NEW.criterion, NEW.checklist, NEW.pack_id, NEW.proposed_at, NEW.proposed_by,
        NEW.request_id)
        IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.ticket_id, OLD.criterion, OLD.checklist, OLD.pack_id, OLD.proposed_at, OLD.proposed_by,
        OLD.request_id)
        OR (NEW.hand_over IS DISTINCT FROM OLD.hand_over AND NEW.hand_over IS DISTINCT FROM
            OLD.hand_over || '{"reproduction": "", "affected": "", "impact": "", "tried": ""}'::jsonb)
        OR (OLD.reviewed_by <> '' AND (NEW.reviewed_by, NEW.reviewed_at) IS DISTINCT FROM (OLD.reviewed_by, OLD.reviewed_at))
        OR (OLD.is_confirmed AND NOT NEW.is_confirmed)
        OR NEW.revision < OLD.revision
    THEN
        RAISE EXCEPTION 'this part of a case cannot change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('declined', 'returned', 'solved') AND (
        (NEW.state, NEW.is_confirmed, NEW.committed_for, NEW.answered_by, NEW.answered_at, NEW.revision)
            IS DISTINCT FROM
        (OLD.state, OLD.is_confirmed, OLD.committed_for, OLD.answered_by, OLD.answered_at, OLD.revision)
        OR (NEW.answer IS DISTINCT FROM OLD.answer AND NEW.answer <> '')
    ) THEN
        RAISE EXCEPTION 'a case that has ended cannot change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state IS DISTINCT FROM OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('proposed', 'open'), ('proposed', 'declined'), ('open', 'committed'), ('open', 'returned'), ('open', 'solved'),
        ('committed', 'returned'), ('committed', 'solved')
    ) THEN
        RAISE EXCEPTION 'a case that is % cannot become %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""


class Migration(migrations.Migration):
    dependencies = [("support", "0015_ticket_indexes")]

    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]
