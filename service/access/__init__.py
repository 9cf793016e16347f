"""Who may ask something of the service: tenants, API keys, browser sessions, login links.

Start reading at ``api_key``. May import: ``errors``, ``clock``, ``identifiers``.
"""
