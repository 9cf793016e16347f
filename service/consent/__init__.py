"""OAuth consent and tokens: from *Connect Google account* to a fresh access token.

Start reading at ``begin``. May import: ``connections``, ``mail``, ``settings``, ``errors``.
"""
