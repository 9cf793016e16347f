"""SPF, DKIM and DMARC of a sender's domain: what receivers will find, and the record that is missing.

Start reading at ``check``. Knows neither Google's services nor the outbox. May import: ``errors``.
"""
