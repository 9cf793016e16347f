"""OAuth consent and tokens: from *Connect Google account* to a fresh access token.

Start reading at ``consent``. May import: ``connections``, ``mail``, ``settings``, ``errors``.
"""
