"""The wizard for the admin of a Google Workspace: delegation, relay, the domain's records.

Start reading at ``overview``. What is done is read from what is stored, so every page can be left and opened
again. Who asks is settled by ``guests``: the signed-in tenant, or the admin whom it sent a link.
"""
