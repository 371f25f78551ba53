"""The end of a ticket: resolution, reminders, closing, reopening."""
