"""Seals secrets and mail at rest with AES-256-GCM.

Adapters of connections.ports.Sealer and mail.attachment.Spool.
Start reading at ``keyring`` (the operator's keys), then ``cipher`` (each tenant's data key, what it seals).
May import: ``connections``, ``mail``, ``errors``.
"""
