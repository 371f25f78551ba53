"""Work that each tenant gets once a night: when it is due, how it waits in the queue, and one tenant's run."""
