"""Numbers are taken by inserting payloads: one trigger per statement checks that there is no gap, and moves the number.

One query for a statement, instead of one for each payload and each number.
"""

from django.db import migrations

PAYLOAD_NUMBERS = """
CREATE OR REPLACE FUNCTION public.asora_payload_numbers() RETURNS trigger LANGUAGE plpgsql AS $function$
DECLARE
    refused bigint;
BEGIN
    EXECUTE format($query$
        WITH added AS (
            SELECT endpoint_id, min(number) AS first, max(number) AS last,
                   count(*) FILTER (WHERE state = 'queued') AS amount
            FROM added_payloads GROUP BY endpoint_id
        ), moved AS (
            UPDATE %I.integrations_endpointnumber AS own SET last = added.last FROM added
            WHERE own.endpoint_id = added.endpoint_id AND added.first = own.last + 1
              AND added.amount = added.last - added.first + 1
            RETURNING own.endpoint_id
        )
        SELECT (SELECT count(*) FROM added) - (SELECT count(*) FROM moved)
    $query$, TG_TABLE_SCHEMA) INTO refused;
    IF refused > 0 THEN
        RAISE EXCEPTION 'a payload is added as queued, with the number after the last one of its endpoint'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$function$
"""
NUMBER_ORDER = """
CREATE OR REPLACE FUNCTION public.asora_number_order() RETURNS trigger LANGUAGE plpgsql AS $function$
DECLARE
    found bigint;
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION '%.%: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.endpoint_id <> OLD.endpoint_id OR NEW.last < OLD.last OR NEW.deleted_upto < OLD.deleted_upto THEN
        RAISE EXCEPTION 'numbers of an endpoint only grow' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.last > OLD.last AND pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'a number is taken by adding its payload' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.deleted_upto > OLD.deleted_upto THEN
        EXECUTE format($query$
            SELECT count(*) FROM %I.integrations_payload
            WHERE endpoint_id = $1 AND number > $2 AND number <= $3
              AND queued_at > statement_timestamp() - interval '7 days'
        $query$, TG_TABLE_SCHEMA) INTO found USING NEW.endpoint_id, OLD.deleted_upto, NEW.deleted_upto;
        IF found > 0 THEN
            RAISE EXCEPTION 'payloads are kept for seven days at least' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NEW;
END
$function$
"""
BEFORE = (
    "CREATE TRIGGER integrations_payload_changes BEFORE {events} ON integrations_payload "
    "FOR EACH ROW EXECUTE FUNCTION public.asora_payload_changes()"
)
AFTER = (
    "CREATE TRIGGER integrations_payload_numbers AFTER INSERT ON integrations_payload "
    "REFERENCING NEW TABLE AS added_payloads "
    "FOR EACH STATEMENT EXECUTE FUNCTION public.asora_payload_numbers()"
)
DROP = "DROP TRIGGER {name} ON integrations_payload"


class Migration(migrations.Migration):
    dependencies = [("integrations", "0004_feed_tokens")]

    operations = [
        migrations.RunSQL(PAYLOAD_NUMBERS, migrations.RunSQL.noop),
        migrations.RunSQL(NUMBER_ORDER, migrations.RunSQL.noop),
        migrations.RunSQL(DROP.format(name="integrations_payload_changes"), migrations.RunSQL.noop),
        migrations.RunSQL(BEFORE.format(events="UPDATE OR DELETE"), migrations.RunSQL.noop),
        # Others say the same: the queue is the state `queued` of the index by state, and nothing asks for the time alone.
        migrations.RemoveIndex(model_name="payload", name="integrations_payload_queue"),
        migrations.RemoveIndex(model_name="payload", name="integrations_payload_age"),
        migrations.RunSQL(AFTER, DROP.format(name="integrations_payload_numbers")),
    ]
