"""The catalogue of event types, and the payload of each."""
