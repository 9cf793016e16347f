"""What is owed: every message that was accepted, until it is sent, refused or decided.

Start reading at ``entry`` for the words, ``submit`` for the way in, ``delivery`` for the way out.
May import: ``connections``, ``mail``, ``settings``, ``errors``.
"""
