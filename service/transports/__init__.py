"""Ways out: adapters of ``outbox.ports.Transport`` and ``outbox.ports.SentFolder``.

Start reading at ``gmail_api``. May import: ``google``, ``outbox``, ``consent``, ``mail``, ``errors``.
"""
