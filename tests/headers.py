"""Headers that ask for one of the three renderings of an answer; without them it is a whole page."""

JSON = {"accept": "application/json"}
HTMX = {"hx-request": "true"}
