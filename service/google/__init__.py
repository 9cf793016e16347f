"""All that knows Google: its endpoints, its authorization server, the Gmail API and their answers.

Start reading at ``endpoints``, then ``http``; what answers mean stands in ``replies`` (Gmail API),
``smtp_rows``, ``token_replies`` and ``consent_replies``. May import: ``smtp``, ``consent``, ``outbox``,
``connections``, ``mail``, ``settings``, ``errors``. Only ``gmail`` loads google-api-python-client, and only
for the first mail.
"""
