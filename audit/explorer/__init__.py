"""Reading the trail: lists of events, and the page of one event."""
