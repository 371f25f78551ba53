"""The steps of an investigation are done in order, on evidence of the ticket's own tenant. Triggers check both."""

from django.db import migrations

INVESTIGATION = """
CREATE FUNCTION public.support_investigation_in_order() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.step <> 0 OR NEW.round <> 1 THEN
            RAISE EXCEPTION 'an investigation begins before its first step' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'investigations are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.ticket_id, NEW.begun_at, NEW.begun_by, NEW.request_id)
        IS DISTINCT FROM (OLD.ticket_id, OLD.begun_at, OLD.begun_by, OLD.request_id)
    THEN
        RAISE EXCEPTION 'the beginning of an investigation never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.round, NEW.step) = (OLD.round, OLD.step) OR (NEW.round, NEW.step) = (OLD.round + 1, 0) THEN
        RETURN NEW;
    END IF;
    IF NEW.round <> OLD.round OR NEW.step <> OLD.step + 1 OR NOT EXISTS (
        SELECT 1 FROM public.support_step
        WHERE investigation_id = NEW.ticket_id AND round = NEW.round AND number = NEW.step
    ) THEN
        RAISE EXCEPTION 'the steps of an investigation are done in order' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.step = 3 AND NOT EXISTS (
        SELECT 1 FROM public.support_stepevidence e JOIN public.support_step s ON s.id = e.step_id
        WHERE s.investigation_id = NEW.ticket_id AND s.round = NEW.round AND s.number = 3
    ) THEN
        RAISE EXCEPTION 'the third step needs evidence' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
STEP = """
CREATE FUNCTION public.support_step_in_order() RETURNS trigger LANGUAGE plpgsql AS $function$
DECLARE
    found_step integer;
    found_round integer;
BEGIN
    SELECT step, round INTO found_step, found_round FROM public.support_investigation
    WHERE ticket_id = NEW.investigation_id FOR UPDATE;
    IF NOT FOUND OR NEW.round <> found_round OR NEW.number <> found_step + 1 THEN
        RAISE EXCEPTION 'the steps of an investigation are done in order' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
STEP_EVIDENCE = """
CREATE FUNCTION public.support_step_evidence_of_tenant() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM public.support_step s
        JOIN public.support_investigation i ON i.ticket_id = s.investigation_id AND i.round = s.round
        JOIN public.support_ticket t ON t.id = i.ticket_id
        JOIN public.support_evidencelink l ON l.id = NEW.link_id AND l.tenant_id = t.tenant_id
        WHERE s.id = NEW.step_id AND s.number >= 3
    ) THEN
        RAISE EXCEPTION 'evidence belongs to a step after the second, and to the tenant of the ticket'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
DETERMINATION = """
CREATE FUNCTION public.support_determination_after_steps() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM 1 FROM public.support_investigation
    WHERE ticket_id = NEW.investigation_id AND round = NEW.round AND step = 5 FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a determination follows the fifth step' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
DETERMINATION_EVIDENCE = """
CREATE FUNCTION public.support_determination_evidence_linked() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM public.support_determination d
        JOIN public.support_step s
            ON s.investigation_id = d.investigation_id AND s.round = d.round AND s.number = 3
        JOIN public.support_stepevidence e ON e.step_id = s.id AND e.link_id = NEW.link_id
        WHERE d.id = NEW.determination_id
    ) THEN
        RAISE EXCEPTION 'a determination is based on evidence of the third step' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""
CHECK = """
CREATE FUNCTION public.support_guarantee_check_on_evidence() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM 1 FROM public.support_investigation
    WHERE ticket_id = NEW.investigation_id AND step >= 3 FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a guarantee is checked on linked evidence' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$function$
"""

FUNCTIONS = {
    "support_investigation_in_order": INVESTIGATION,
    "support_step_in_order": STEP,
    "support_step_evidence_of_tenant": STEP_EVIDENCE,
    "support_determination_after_steps": DETERMINATION,
    "support_determination_evidence_linked": DETERMINATION_EVIDENCE,
    "support_guarantee_check_on_evidence": CHECK,
}
#: Trigger to its table and function.
INSERTS = {
    "support_step_in_order": ("support_step", "support_step_in_order"),
    "support_stepevidence_of_tenant": ("support_stepevidence", "support_step_evidence_of_tenant"),
    "support_determination_after_steps": ("support_determination", "support_determination_after_steps"),
    "support_determinationevidence_linked": (
        "support_determinationevidence",
        "support_determination_evidence_linked",
    ),
    "support_guaranteecheck_on_evidence": ("support_guaranteecheck", "support_guarantee_check_on_evidence"),
}
ROWS = """
CREATE TRIGGER support_investigation_in_order BEFORE INSERT OR UPDATE OR DELETE ON support_investigation
FOR EACH ROW EXECUTE FUNCTION public.support_investigation_in_order()
"""
TABLE = """
CREATE TRIGGER support_investigation_no_truncate BEFORE TRUNCATE ON support_investigation
FOR EACH STATEMENT EXECUTE FUNCTION public.support_investigation_in_order()
"""


class Migration(migrations.Migration):
    dependencies = [("support", "0006_drafts")]

    operations = [
        *(migrations.RunSQL(body, f"DROP FUNCTION public.{name}()") for name, body in FUNCTIONS.items()),
        migrations.RunSQL(ROWS, "DROP TRIGGER support_investigation_in_order ON support_investigation"),
        migrations.RunSQL(TABLE, "DROP TRIGGER support_investigation_no_truncate ON support_investigation"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {name} BEFORE INSERT ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION public.{function}()",
                f"DROP TRIGGER {name} ON {table}",
            )
            for name, (table, function) in INSERTS.items()
        ),
    ]
