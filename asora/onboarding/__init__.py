"""Onboarding: a customer from a first draft to their own people (S1 §2), in the browser and by command.

It stands on the top floor, because seeding and verification need inventory and ledger. `rules` says what comes before
what, `queries` what is done, `actions` change public rows, and `walk` goes the steps: public first, then the tenant.
"""
