"""What the desk knows: playbooks, phrase rules, reply templates, the error guide, articles and known issues."""
