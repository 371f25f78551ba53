"""Work that takes longer than a request may: ordered by somebody, done by the worker, watched on its page.

The queue is procrastinate's, in public, and says only "tenant, job". What is to be done, how far it is and what came
of it is a `Job` of the tenant. A job is deferred after the tenant's transaction has committed, and `sweeping` picks
up what a crash left behind (stack.md, "long or periodic work").
"""
