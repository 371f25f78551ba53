"""Changes of dispatches and schedules."""
