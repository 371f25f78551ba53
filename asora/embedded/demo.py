"""The mark of a demo's database: a clock that can be moved. Made with the database, by the server's administrator.

The schema is the administrator's, so the application's role, which owns the database and all else in it, can neither
make the mark nor take it away. No migration knows of it, so no other database ever has it.
"""

SCHEMA = "asora_demo"
_MOMENT = f"current_setting('{SCHEMA}.moment')::timestamptz"
#: As PostgreSQL's single-user mode reads them: one statement per line.
STATEMENTS = f"""\
CREATE SCHEMA {SCHEMA}
CREATE FUNCTION {SCHEMA}.clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$SELECT {_MOMENT}$$
GRANT USAGE ON SCHEMA {SCHEMA} TO asora
"""
