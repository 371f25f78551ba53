"""A feed token ends once, by a rotation or at once; nothing else of it ever changes, and it is never deleted."""

from django.db import migrations, models

# The shared function takes the schema from the table that fired it, so it works in every tenant.
FUNCTION = """
DO $do$
BEGIN
    IF to_regproc('public.asora_feed_token_ends') IS NULL THEN
        CREATE FUNCTION public.asora_feed_token_ends() RETURNS trigger LANGUAGE plpgsql AS $function$
        DECLARE
            same record;
        BEGIN
            IF TG_OP <> 'UPDATE' THEN
                RAISE EXCEPTION '%.%: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
                    USING ERRCODE = 'restrict_violation';
            END IF;
            same := NEW;
            IF OLD.expires_at IS NULL THEN
                same.expires_at := NULL;
            END IF;
            IF OLD.revoked_at IS NULL THEN
                same.revoked_at := NULL;
            END IF;
            IF same IS DISTINCT FROM OLD THEN
                RAISE EXCEPTION 'a feed token only ends, and only once' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
        $function$;
    END IF;
END
$do$
"""
TRIGGERS = {
    "integrations_feedtoken_ends": (
        "CREATE TRIGGER integrations_feedtoken_ends BEFORE UPDATE OR DELETE ON integrations_feedtoken "
        "FOR EACH ROW EXECUTE FUNCTION public.asora_feed_token_ends()"
    ),
    "integrations_feedtoken_no_truncate": (
        "CREATE TRIGGER integrations_feedtoken_no_truncate BEFORE TRUNCATE ON integrations_feedtoken "
        "FOR EACH STATEMENT EXECUTE FUNCTION public.asora_feed_token_ends()"
    ),
}


class Migration(migrations.Migration):
    dependencies = [("integrations", "0003_sending")]

    operations = [
        migrations.AlterModelOptions(name="feedtoken", options={"verbose_name": "feed token"}),
        migrations.AddConstraint(
            model_name="feedtoken",
            constraint=models.UniqueConstraint(
                condition=models.Q(("expires_at", None), ("revoked_at", None)),
                fields=("endpoint",),
                name="integrations_one_lasting_feed_token",
            ),
        ),
        migrations.RunSQL(FUNCTION, migrations.RunSQL.noop),
        *[
            migrations.RunSQL(sql, f"DROP TRIGGER {name} ON integrations_feedtoken")
            for name, sql in TRIGGERS.items()
        ],
    ]
