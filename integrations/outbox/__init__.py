"""The outbox: payloads queued in the transaction of the event that they describe."""
