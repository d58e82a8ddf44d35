"""The wizard in a browser: a front end of its own, on loopback, which only knows how to show a process of the program to one person.

It runs the full screen as a process and carries keys and frames between it and the page. Nothing of AWS, CircleCI or a Setup is known here,
and nothing else of the program imports textual-serve or aiohttp, so that they cost nothing to who does not serve.
"""
