"""Alembic's scripts; each is never changed once released."""
