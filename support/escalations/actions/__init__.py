"""What the desk and engineering do about cases, feature requests and referrals."""
