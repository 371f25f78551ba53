"""Refused requests are judged again: would it be allowed now, and what would have allowed it?"""
