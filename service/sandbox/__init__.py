"""Google on loopback, with its traps: for the demo and the tests, no part of the product.

Start reading at ``server``. ``google`` holds the state, ``app`` the routes, ``wire`` the sockets.
May import: ``errors``, ``clock``, ``identifiers``.
"""
