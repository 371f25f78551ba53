"""Onboarding: from the first draft of a customer to their first owner, in the browser and by command.

It is on the top floor, because imports and verification need inventory and ledger. `rules` has the order of the steps,
`queries` what is done, `actions` change public rows, and `workflow` runs the steps: in public, then in the tenant.
"""
