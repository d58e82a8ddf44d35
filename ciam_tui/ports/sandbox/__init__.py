"""The embedded account of `ciam-tui demo`, so that every screen can be tried on real HTTP calls without credentials.

The account is a moto server in a child process: `launch` starts it, `server` is the child, `content` fills it, and `differences` says where
it is unlike AWS. Only `launch`, `account` and `circleci_content` are meant for the parent process; the others import moto.
"""
