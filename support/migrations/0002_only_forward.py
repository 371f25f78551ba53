"""An access session can be opened once and ended once. Everything else about it never changes, and it is never deleted."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION public.support_access_only_forward() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'access sessions are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.tenant_id, NEW.agent, NEW.ticket, NEW.reason, NEW.minutes, NEW.requested_at, NEW.request_id)
        IS DISTINCT FROM
       (OLD.id, OLD.tenant_id, OLD.agent, OLD.ticket, OLD.reason, OLD.minutes, OLD.requested_at, OLD.request_id)
        OR (OLD.opened_at IS NOT NULL AND (NEW.opened_at, NEW.expires_at) IS DISTINCT FROM (OLD.opened_at, OLD.expires_at))
        OR (OLD.ended_at IS NOT NULL AND NEW IS DISTINCT FROM OLD)
    THEN
        RAISE EXCEPTION 'an access session can only be opened once and ended once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
ROWS = """
CREATE TRIGGER support_accesssession_only_forward BEFORE UPDATE OR DELETE ON support_accesssession
FOR EACH ROW EXECUTE FUNCTION public.support_access_only_forward()
"""
TABLE = """
CREATE TRIGGER support_accesssession_no_truncate BEFORE TRUNCATE ON support_accesssession
FOR EACH STATEMENT EXECUTE FUNCTION public.support_access_only_forward()
"""


class Migration(migrations.Migration):
    dependencies = [("support", "0001_access_sessions")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION public.support_access_only_forward()"),
        migrations.RunSQL(ROWS, "DROP TRIGGER support_accesssession_only_forward ON support_accesssession"),
        migrations.RunSQL(TABLE, "DROP TRIGGER support_accesssession_no_truncate ON support_accesssession"),
    ]
