"""Google on loopback, with its traps: for the demo and the tests, no part of the product.

Start reading at ``server``. ``google`` holds the state, ``app`` the routes, ``wire`` the sockets of HTTP,
``smtp`` the two SMTP hosts. ``fault_table``, ``cloud_fault_table`` and ``smtp_fault_table`` are all that can
go wrong.
May import: ``errors``, ``clock``, ``identifiers``.
"""
