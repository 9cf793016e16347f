"""Adapters of every store, on SQLite and on PostgreSQL: the same SQL, one contract suite over both.

Start reading at ``database`` for how writes reach the disk, ``tables`` for what is kept, ``outbox`` for the
queue. What differs between the two engines is in ``claiming``, ``sqlite`` and ``postgresql``.
May import: ``delegation``, ``outbox``, ``consent``, ``connections``, ``access``, ``mail``, ``settings``,
``errors``.
"""
