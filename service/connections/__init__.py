"""Who may send, and by which way.

Start reading at ``connection``. May import: ``mail``, ``settings``, ``errors``.
"""
