"""A trigger gives events of support agents their number: their database role may insert events and update nothing.

The function runs with the rights of its owner. A role that does not own the trail can insert events of support only.
"""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION public.asora_take_number() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $function$
BEGIN
    IF NEW.actor_type <> 'support' THEN
        IF session_user <> current_user THEN
            RAISE EXCEPTION 'this role may add events of support only' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END IF;
    EXECUTE format('UPDATE %I.audit_trailhead SET number = number + 1 WHERE id = 1 RETURNING number', TG_TABLE_SCHEMA)
        INTO NEW.number;
    RETURN NEW;
END
$function$
"""
TRIGGER = """
CREATE TRIGGER audit_event_take_number BEFORE INSERT ON audit_event
FOR EACH ROW WHEN (NEW.number IS NULL) EXECUTE FUNCTION public.asora_take_number()
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0009_saved_searches")]

    operations = [
        migrations.RunSQL(FUNCTION, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGER, "DROP TRIGGER audit_event_take_number ON audit_event"),
    ]
