"""Tells a mailbox owner, once, that the connection needs them, and once that it works again.

Start reading at ``notices``. May import: ``outbox``, ``consent``, ``connections``, ``access``, ``mail``.
"""
