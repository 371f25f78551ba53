"""Triggers of sending: the state of a payload follows its attempts, and dispatches and schedules only move forward."""

import django.db.models.expressions
from django.db import migrations, models

ATTEMPT = """
CREATE OR REPLACE FUNCTION public.integrations_attempt_guard() RETURNS trigger LANGUAGE plpgsql AS $function$
DECLARE
    found bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' THEN
            RAISE EXCEPTION 'an attempt begins without an outcome' USING ERRCODE = 'restrict_violation';
        END IF;
        EXECUTE format(
            'SELECT 1 FROM %1$I.integrations_dispatch d JOIN %1$I.integrations_payload p USING (endpoint_id)
             WHERE d.id = $1 AND p.id = $2 AND d.finished_at IS NULL FOR SHARE OF d', TG_TABLE_SCHEMA
        ) INTO found USING NEW.dispatch_id, NEW.payload_id;
        IF found IS NULL THEN
            RAISE EXCEPTION 'the dispatch has finished, or the payload is for another endpoint'
                USING ERRCODE = 'restrict_violation';
        END IF;
        EXECUTE format(
            'UPDATE %I.integrations_payload SET state = ''sending'' WHERE id = $1 AND state <> ''sending''',
            TG_TABLE_SCHEMA
        ) USING NEW.payload_id;
        GET DIAGNOSTICS found = ROW_COUNT;
        IF found = 0 THEN
            RAISE EXCEPTION 'the payload is being sent already' USING ERRCODE = 'restrict_violation';
        END IF;
        EXECUTE format('SELECT count(*) + 1 FROM %I.integrations_attempt WHERE payload_id = $1', TG_TABLE_SCHEMA)
            INTO found USING NEW.payload_id;
        IF found <> NEW.ordinal THEN
            RAISE EXCEPTION 'the next attempt is number %', found USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    ELSIF TG_OP = 'UPDATE' THEN
        IF OLD.outcome <> '' OR NEW.outcome = '' OR (NEW.id, NEW.payload_id, NEW.dispatch_id, NEW.ordinal, NEW.started_at)
            IS DISTINCT FROM (OLD.id, OLD.payload_id, OLD.dispatch_id, OLD.ordinal, OLD.started_at)
        THEN
            RAISE EXCEPTION 'the outcome of an attempt is written once, and nothing else changes'
                USING ERRCODE = 'restrict_violation';
        END IF;
        EXECUTE format('UPDATE %I.integrations_payload SET state = $2 WHERE id = $1', TG_TABLE_SCHEMA)
            USING NEW.payload_id, NEW.outcome;
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' THEN
        EXECUTE format(
            'SELECT 1 FROM %1$I.integrations_payload p JOIN %1$I.integrations_endpointnumber n USING (endpoint_id)
             WHERE p.id = $1 AND p.number <= n.deleted_upto', TG_TABLE_SCHEMA
        ) INTO found USING OLD.payload_id;
        IF found IS NULL OR OLD.outcome = '' THEN
            RAISE EXCEPTION 'an attempt is deleted only with its payload' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'attempts are never deleted all at once' USING ERRCODE = 'restrict_violation';
END
$function$
"""
DISPATCH = """
CREATE OR REPLACE FUNCTION public.integrations_dispatch_guard() RETURNS trigger LANGUAGE plpgsql AS $function$
DECLARE
    open_attempts bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.finished_at IS NOT NULL OR NEW.cut_short <> '' OR NEW.delivered + NEW.failed + NEW.unknown > 0 THEN
            RAISE EXCEPTION 'a dispatch begins unfinished and without results' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    ELSIF TG_OP = 'UPDATE' THEN
        IF OLD.finished_at IS NOT NULL
            OR (NEW.id, NEW.endpoint_id, NEW.kind, NEW.actor_ref, NEW.request_id, NEW.amount, NEW.started_at)
            IS DISTINCT FROM
               (OLD.id, OLD.endpoint_id, OLD.kind, OLD.actor_ref, OLD.request_id, OLD.amount, OLD.started_at)
        THEN
            RAISE EXCEPTION 'a dispatch can only be finished, once' USING ERRCODE = 'restrict_violation';
        END IF;
        EXECUTE format(
            'SELECT count(*) FROM %I.integrations_attempt WHERE dispatch_id = $1 AND outcome = ''''', TG_TABLE_SCHEMA
        ) INTO open_attempts USING NEW.id;
        IF NEW.finished_at IS NOT NULL AND open_attempts > 0 THEN
            RAISE EXCEPTION 'an attempt of the dispatch has no outcome' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'dispatches are never deleted' USING ERRCODE = 'restrict_violation';
END
$function$
"""
SCHEDULE = """
CREATE OR REPLACE FUNCTION public.integrations_schedule_guard() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.ended_at IS NOT NULL THEN
            RAISE EXCEPTION 'a schedule begins without an end' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    ELSIF TG_OP = 'UPDATE' THEN
        IF OLD.ended_at IS NOT NULL
            OR (NEW.id, NEW.endpoint_id, NEW.every_minutes, NEW.set_by, NEW.set_at, NEW.request_id)
            IS DISTINCT FROM
               (OLD.id, OLD.endpoint_id, OLD.every_minutes, OLD.set_by, OLD.set_at, OLD.request_id)
        THEN
            RAISE EXCEPTION 'a schedule can only move on, and end once' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'schedules are never deleted' USING ERRCODE = 'restrict_violation';
END
$function$
"""


def _triggers(table: str) -> list[migrations.RunSQL]:
    """The triggers of one table: one for each row, and one against emptying it. One statement each."""
    guard = f"EXECUTE FUNCTION public.{table}_guard()"
    return [
        migrations.RunSQL(
            f"CREATE TRIGGER {table}_guard BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW {guard}",
            f"DROP TRIGGER {table}_guard ON {table}",
        ),
        migrations.RunSQL(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {guard}",
            f"DROP TRIGGER {table}_no_truncate ON {table}",
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0002_outbox_guards"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispatch",
            name="cut_short",
            field=models.CharField(
                blank=True,
                choices=[
                    ("frozen", "the tenant was frozen"),
                    ("disabled", "the endpoint was disabled or removed"),
                    ("paused", "the endpoint was paused"),
                    ("rights", "the sender lost the permission"),
                    ("interrupted", "the sending process ended"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "")),
                fields=("dispatch",),
                name="integrations_one_open_attempt",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "amount__gte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("delivered"), "+", models.F("failed")
                            ),
                            "+",
                            models.F("unknown"),
                        ),
                    )
                ),
                name="integrations_dispatch_counts",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.UniqueConstraint(
                condition=models.Q(("finished_at", None)),
                fields=("endpoint",),
                name="integrations_one_dispatch",
            ),
        ),
        migrations.RunSQL(ATTEMPT, migrations.RunSQL.noop),
        migrations.RunSQL(DISPATCH, migrations.RunSQL.noop),
        migrations.RunSQL(SCHEDULE, migrations.RunSQL.noop),
        *_triggers("integrations_attempt"),
        *_triggers("integrations_dispatch"),
        *_triggers("integrations_schedule"),
    ]
