"""Who may ask something of the service: tenants, their people, API keys, browser sessions and links.

Start reading at ``session`` and ``member`` for people, at ``api_key`` for programs. May import: ``mail``,
``settings``, ``errors``, ``clock``, ``identifiers``.
"""
