"""Files on their way in: kept for a day, looked at, mapped, and handed to the action that imports them."""
