"""Opening stock comes before every other entry of its item in its hub: the database checks it before the commit."""

from django.db import migrations, models
from django.utils import timezone

# Only openings are checked, and only once all of their entries are written. The shared function takes the schema from
# the table that fired it, like the one of append-only tables.
CREATE_FUNCTION = """
DO $do$
BEGIN
    IF to_regproc('public.asora_opening_first') IS NULL THEN
        CREATE FUNCTION public.asora_opening_first() RETURNS trigger LANGUAGE plpgsql AS $function$
        DECLARE
            is_wrong boolean;
        BEGIN
            EXECUTE format($query$
                SELECT $2 <> 'adjustment' OR EXISTS (
                    SELECT FROM %1$I.ledger_entry opened
                    WHERE opened.position = $1 AND (opened.quantity <= 0 OR EXISTS (
                        SELECT FROM %1$I.ledger_entry other
                        JOIN %1$I.ledger_posting document ON document.position = other.position
                        WHERE other.item_id = opened.item_id AND other.hub_id = opened.hub_id
                          AND other.position < $1
                          AND NOT (document.reason = 'OPENING' AND (document.kind = 'reversal' OR EXISTS (
                              SELECT FROM %1$I.ledger_posting reversal
                              WHERE reversal.reverses = document.position)))
                    ))
                )
            $query$, TG_TABLE_SCHEMA) INTO is_wrong USING NEW.position, NEW.kind;
            IF is_wrong THEN
                RAISE EXCEPTION 'opening stock comes before all other entries of an item in a hub'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_posting_opening_first';
            END IF;
            RETURN NULL;
        END
        $function$;
    END IF;
END
$do$
"""
CREATE_TRIGGER = """
CREATE CONSTRAINT TRIGGER ledger_posting_opening_first AFTER INSERT ON ledger_posting
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.reason = 'OPENING' AND NEW.kind <> 'reversal')
EXECUTE FUNCTION public.asora_opening_first()
"""


def keep_the_code(apps, schema_editor):
    """Archive a reason of this name, if there is one; adjustments with it stay."""
    reason = apps.get_model("ledger", "AdjustmentReason")
    reason.objects.filter(code="OPENING", archived_at=None).update(archived_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_count_decisions")]

    operations = [
        migrations.RunPython(keep_the_code, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="adjustmentreason",
            constraint=models.CheckConstraint(
                condition=models.Q(("code", "OPENING"), _negated=True)
                | models.Q(("archived_at__isnull", False)),
                name="ledger_adjustmentreason_opening_reserved",
            ),
        ),
        migrations.RunSQL(CREATE_FUNCTION, migrations.RunSQL.noop),
        migrations.RunSQL(CREATE_TRIGGER, "DROP TRIGGER ledger_posting_opening_first ON ledger_posting"),
    ]
