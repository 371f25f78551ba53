"""Background jobs: work that takes too long for a request. A person requests it, the worker does it, a page shows it.

The queue is procrastinate's, in the public schema, and contains only the names of tenants and jobs. The task, its
progress and its result are in a `Job` of the tenant. A job is queued after the tenant's transaction has committed; if
a crash prevents that, `sweeping` queues it later.
"""
