"""An SMTP submission client: one mail, few round trips, and it always knows how far it came.

Start reading at ``session``, then ``flights``, then ``pool``. Knows nothing of Google nor of the outbox.
May import: ``errors``.

====================  =========================================================================
``replies``           what a server says, and the phase in which it says it
``errors``            how a submission can fail
``wire``              a socket with TLS, deadlines and a buffer
``commands``          what is written; nothing gets into a command that is more than one line
``capabilities``      what EHLO offered
``sasl``              how a client says who it is: PLAIN, XOAUTH2
``submission``        one mail and its envelope
``content``           the mail's bytes on the wire: checked, dot-stuffed
``dialogue``          commands and replies over one wire: what is owed, what broke when
``answers``           what a server answered to one mail's commands, and what follows
``session``           greeting, EHLO, STARTTLS, AUTH; then mails, one at a time
``flights``           the three ways of a mail: in one round trip, in two, step by step
``pool``              mails over kept sessions, of each mailbox its own; ``kept``: where they wait
====================  =========================================================================

Of the standard library's ``smtplib`` nothing is used. Measured and read in 3.11: it leaves Nagle's algorithm
on (40 ms of waiting for each mail over TLS), waits for the answer to each command, reads a reply of any
length, takes a continuation line of another code for the same reply, has one time-out for every read and no
deadline for a dripping reply, passes bytes with a bare CR or LF on, and drops the words after the final 250.
"""
