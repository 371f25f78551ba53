"""E-mail of the desk: replies that go out, and answers that come in."""
