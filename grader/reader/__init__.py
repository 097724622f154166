"""Read a hand-in's bytes inside the sandbox: archives, sources, notebooks, PDFs, findings.

`guest` is what a worker runs. The judge imports the messages, their validation and what reads its
own sources, never the guest.
"""
