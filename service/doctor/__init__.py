"""What is set up, what is still to do, what is broken: the same rows for the command and for the page.

Start reading at ``finding``. ``server`` looks at the operator's part, ``tenant`` at a company's; ``pulse`` is
the sign of life that a worker leaves. May import: ``access``, ``connections``, ``settings``, ``catalogue``.
"""
