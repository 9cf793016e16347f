"""Speaks SMTP as a client (RFC 5321, RFC 6409). Knows neither Google nor the outbox."""
