"""The audit of an account: every role that trusts CircleCI and every provider of it, graded by what is computed, never by a list of opinions.

`facts` are what was read, `judge` turns them into a report, and the report is told as lines, as JSON and as SARIF. Nothing in here reads.
"""
