"""The embedded account of `ciam-tui demo`, so that every screen can be tried on real HTTP calls without credentials.

The account is a moto server in a child process: `launch` starts it, `server` is the child, `content` fills it, and `differences` says where
it is unlike AWS. Beside it in the child is a CircleCI: `circleci_server` answers out of `circleci_state`, which begins as `circleci_content`
and `circleci_holdings`, and `circleci_differences` says where it is unlike the real one. Only `launch`, `account`, `circleci_content` and
`circleci_holdings` are meant for the parent process.
"""
