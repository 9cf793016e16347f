"""Domain-wide delegation: set up once by a Workspace admin, and only for senders that the tenant names.

Start reading at ``setup``. May import: ``consent``, ``connections``, ``mail``, ``errors``.
"""
