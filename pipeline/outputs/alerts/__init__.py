"""Alerts as messages: what they say, and how they reach a mailbox or a webhook."""
