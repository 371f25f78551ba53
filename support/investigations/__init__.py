"""Investigations: five steps from the tenant to the determination, each with its evidence."""
