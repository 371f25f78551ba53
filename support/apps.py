"""The support desk. It explains events from the audit trail and ledger, and cannot change either."""

from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "support"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the words and triggers of this app, and the functions that lower floors call."""
        from asora.kernel import expected_tables, words
        from audit.disclosure import announcing, facts, sessions, tickets
        from support.access import queries
        from support.desk.composition import compose
        from support.escalations import triggers as of_escalations
        from support.evidence.packs import queries as packs
        from support.help import queries as own_tickets
        from support.incidents import queries as of_incidents
        from support.investigations import triggers as of_investigations
        from support.mail import triggers as of_mail
        from support.oncall import queries as calls
        from support.replies import triggers as of_replies
        from support.tickets import composing, following, required
        from support.tickets import queries as tickets_of_desk
        from support.tickets import triggers as of_tickets

        words.gather(self.name)
        for triggers in (of_tickets, of_investigations, of_escalations, of_replies, of_mail):
            expected_tables.OURS.update(triggers.TRIGGERS)
        sessions.describe_with(queries.reasons)
        composing.compose_with(compose)
        packs.restrict_with(tickets_of_desk.security_refs)
        tickets.read_with(own_tickets.find, own_tickets.made_from)
        announcing.follow_with(following.follow)
        announcing.erase_with(following.erase)
        calls.ask_severities_with(of_incidents.severities, tickets_of_desk.severities)
        facts.suggest_topic_with(required.category_of)
