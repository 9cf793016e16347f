"""What is sent: addresses, messages, attachments, and their bytes on the wire. No I/O here.

Start reading at ``message``; ``compose`` turns a ``Message`` into bytes. May import: ``errors``.
"""
