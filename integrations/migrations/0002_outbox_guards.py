"""The database guards the outbox: numbers without gaps, payloads that only change their state, deletion by age only."""

import django.db.models.deletion
from django.db import migrations, models

# The shared functions take the schema from the table that fired them, so they work in every tenant.
NUMBER_OF_ENDPOINT = """
DO $do$
BEGIN
    IF to_regproc('public.asora_number_of_endpoint') IS NULL THEN
        CREATE FUNCTION public.asora_number_of_endpoint() RETURNS trigger LANGUAGE plpgsql AS $function$
        BEGIN
            EXECUTE format(
                'INSERT INTO %I.integrations_endpointnumber (endpoint_id, last, deleted_upto) VALUES ($1, 0, 0)',
                TG_TABLE_SCHEMA
            ) USING NEW.id;
            RETURN NULL;
        END
        $function$;
    END IF;
END
$do$
"""
# Numbers are taken together with their payloads: first the payloads are inserted, then `last` moves past them.
NUMBER_ORDER = """
DO $do$
BEGIN
    IF to_regproc('public.asora_number_order') IS NULL THEN
        CREATE FUNCTION public.asora_number_order() RETURNS trigger LANGUAGE plpgsql AS $function$
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
            IF NEW.last > OLD.last THEN
                EXECUTE format(
                    'SELECT count(*) FROM %I.integrations_payload WHERE endpoint_id = $1 AND number > $2 AND number <= $3',
                    TG_TABLE_SCHEMA
                ) INTO found USING NEW.endpoint_id, OLD.last, NEW.last;
                IF found <> NEW.last - OLD.last THEN
                    RAISE EXCEPTION 'a number of an endpoint has no payload' USING ERRCODE = 'restrict_violation';
                END IF;
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
        $function$;
    END IF;
END
$do$
"""
PAYLOAD_CHANGES = """
DO $do$
BEGIN
    IF to_regproc('public.asora_payload_changes') IS NULL THEN
        CREATE FUNCTION public.asora_payload_changes() RETURNS trigger LANGUAGE plpgsql AS $function$
        DECLARE
            last_number bigint;
            deleted bigint;
            same record;
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                same := NEW;
                same.state := OLD.state;
                IF same IS DISTINCT FROM OLD THEN
                    RAISE EXCEPTION 'only the state of a payload changes' USING ERRCODE = 'restrict_violation';
                END IF;
                IF NOT (
                    (OLD.state <> 'sending' AND NEW.state = 'sending')
                    OR (OLD.state = 'sending' AND NEW.state IN ('delivered', 'failed', 'unknown'))
                ) THEN
                    RAISE EXCEPTION 'a payload does not change from % to %', OLD.state, NEW.state
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            ELSIF TG_OP = 'TRUNCATE' THEN
                RAISE EXCEPTION '%.%: TRUNCATE is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME
                    USING ERRCODE = 'restrict_violation';
            END IF;
            EXECUTE format(
                'SELECT last, deleted_upto FROM %I.integrations_endpointnumber WHERE endpoint_id = $1', TG_TABLE_SCHEMA
            ) INTO last_number, deleted USING CASE TG_OP WHEN 'INSERT' THEN NEW.endpoint_id ELSE OLD.endpoint_id END;
            IF TG_OP = 'INSERT' THEN
                IF NEW.state <> 'queued' OR last_number IS NULL OR NEW.number <= last_number THEN
                    RAISE EXCEPTION 'a payload is added as queued, after the last number of its endpoint'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END IF;
            IF OLD.state = 'sending' OR deleted IS NULL OR OLD.number > deleted THEN
                RAISE EXCEPTION 'payload % is not to be deleted', OLD.number USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN OLD;
        END
        $function$;
    END IF;
END
$do$
"""
TRIGGERS = {
    "integrations_endpoint_number": (
        "CREATE TRIGGER integrations_endpoint_number AFTER INSERT ON integrations_endpoint "
        "FOR EACH ROW EXECUTE FUNCTION public.asora_number_of_endpoint()"
    ),
    "integrations_number_order": (
        "CREATE TRIGGER integrations_number_order BEFORE UPDATE OR DELETE ON integrations_endpointnumber "
        "FOR EACH ROW EXECUTE FUNCTION public.asora_number_order()"
    ),
    "integrations_number_truncate": (
        "CREATE TRIGGER integrations_number_truncate BEFORE TRUNCATE ON integrations_endpointnumber "
        "FOR EACH STATEMENT EXECUTE FUNCTION public.asora_number_order()"
    ),
    "integrations_payload_changes": (
        "CREATE TRIGGER integrations_payload_changes BEFORE INSERT OR UPDATE OR DELETE ON integrations_payload "
        "FOR EACH ROW EXECUTE FUNCTION public.asora_payload_changes()"
    ),
    "integrations_payload_truncate": (
        "CREATE TRIGGER integrations_payload_truncate BEFORE TRUNCATE ON integrations_payload "
        "FOR EACH STATEMENT EXECUTE FUNCTION public.asora_payload_changes()"
    ),
}
TABLE_OF = {
    "integrations_endpoint_number": "integrations_endpoint",
    "integrations_number_order": "integrations_endpointnumber",
    "integrations_number_truncate": "integrations_endpointnumber",
    "integrations_payload_changes": "integrations_payload",
    "integrations_payload_truncate": "integrations_payload",
}


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial")]

    operations = [
        # A foreign key would lock the endpoint's row after the trail's number, while somebody who changes the endpoint
        # has that row locked and waits for the number. The trigger checks the same without a lock.
        migrations.AlterField(
            model_name="payload",
            name="endpoint",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payloads",
                to="integrations.endpoint",
            ),
        ),
        migrations.RunSQL(NUMBER_OF_ENDPOINT, migrations.RunSQL.noop),
        migrations.RunSQL(NUMBER_ORDER, migrations.RunSQL.noop),
        migrations.RunSQL(PAYLOAD_CHANGES, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(create, f"DROP TRIGGER {name} ON {TABLE_OF[name]}")
            for name, create in TRIGGERS.items()
        ),
    ]
