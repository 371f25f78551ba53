"""The states of a case, its hand-over that never changes, and rows that are never deleted."""

from django.db import migrations, models

STAYS = """
CREATE FUNCTION public.support_engineeringcase_stays() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF (NEW.id, NEW.number, NEW.ticket_id, NEW.criterion, NEW.hand_over, NEW.checklist, NEW.pack_id, NEW.proposed_at,
        NEW.proposed_by, NEW.request_id)
        IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.ticket_id, OLD.criterion, OLD.hand_over, OLD.checklist, OLD.pack_id, OLD.proposed_at,
        OLD.proposed_by, OLD.request_id)
        OR (OLD.reviewed_by <> '' AND (NEW.reviewed_by, NEW.reviewed_at) IS DISTINCT FROM (OLD.reviewed_by, OLD.reviewed_at))
        OR (OLD.is_confirmed AND NOT NEW.is_confirmed)
        OR OLD.state IN ('declined', 'returned', 'solved')
    THEN
        RAISE EXCEPTION 'this part of a case cannot change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
ON_CASES = """
CREATE TRIGGER support_engineeringcase_stays BEFORE UPDATE ON support_engineeringcase
FOR EACH ROW EXECUTE FUNCTION public.support_engineeringcase_stays()
"""
ROWS_STAY = """
CREATE TRIGGER {table}_rows_stay BEFORE DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION public.support_ticket_rows_stay()
"""
TABLES = ("support_engineeringcase", "support_featurerequest", "support_commercialreferral")


class Migration(migrations.Migration):
    dependencies = [
        ("support", "0008_due_clocks_and_calls"),
    ]

    operations = [
        migrations.AlterField(
            model_name="engineeringcase",
            name="state",
            field=models.CharField(
                choices=[
                    ("proposed", "waiting for review"),
                    ("open", "open"),
                    ("committed", "date committed"),
                    ("declined", "declined in the review"),
                    ("returned", "returned: no guarantee is concerned"),
                    ("solved", "solved"),
                ],
                default="proposed",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="engineeringcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["proposed", "open", "committed", "declined", "returned", "solved"])
                ),
                name="support_engineeringcase_state",
            ),
        ),
        migrations.RunSQL(STAYS, "DROP FUNCTION public.support_engineeringcase_stays()"),
        migrations.RunSQL(ON_CASES, "DROP TRIGGER support_engineeringcase_stays ON support_engineeringcase"),
        *(
            migrations.RunSQL(ROWS_STAY.format(table=table), f"DROP TRIGGER {table}_rows_stay ON {table}")
            for table in TABLES
        ),
    ]
