"""Postausgang sends a company's invoices from its own Gmail mailbox.

request → (api) parse → ``Message`` → (mail) compose → (outbox) submit → row + sealed content
→ dispatcher → transport → ``Attempt`` → event.

====================  =========================================================================
room                  what it is for
====================  =========================================================================
``settings``          every setting: meaning, unit, default
``errors``            the whole error tree
``catalogue/``        what each problem is called and what to do, in English and German
``clock``             time as a port; ``identifiers``: how rows are named; ``egress``: whom users may name
``cores``             which core of the processor a process stays on
``turns``             how many checks that a person waits for may run at once; ``stepwise``: all steps of one
``mail/``             what is sent; no I/O: address, message, attachment, compose
``connections/``      who may send, by which way: connection, credential, identity
``access/``           who may ask: tenants, their people, API keys, browser sessions and links
``consent/``          OAuth consent and tokens: begin, complete, scopes, refresh
``delegation/``       domain-wide delegation: a service account, and whom it may send as
``domains/``          SPF, DKIM and DMARC of a sender's domain
``outbox/``           what is owed: entry, submit, retry, dispatcher, hand-over, reconcile
``notices/``          what owners are told: once that a connection needs them, once that it works
``google/``           all that knows Google: endpoints, authorization, Gmail, replies
``smtp/``             an SMTP submission client; knows neither Google nor the outbox
``transports/``       adapters of ``outbox.ports.Transport``
``storage/``          adapters of every store, on SQLite and on PostgreSQL
``vault/``            seals secrets and mail content
``api/`` ``web/``     the JSON edge and the HTML edge: the only rooms that know Flask
``sandbox/``          Google on loopback, for the demo and the tests; no part of the product
``ground``            settings, clock, vault and stores: what every process and command stands on
``wiring``            ``build(settings)``: the only file that knows every adapter
``app`` ``worker``    the two processes; ``cli/``: the commands
====================  =========================================================================

Imports go one way; ``pyproject.toml`` holds the layers and CI checks them.
"""
