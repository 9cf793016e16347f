"""The sandbox's ``smtp.gmail.com`` and ``smtp-relay.gmail.com``: TLS, STARTTLS, sign-in, faults by phase.

Start reading at ``session``. ``line`` is the socket, ``houses`` what the two hosts do differently.
"""
