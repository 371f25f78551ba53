"""Clocks of the desk: business calendars, promised times as versioned policies, and the time that is left."""
