"""The headless front end: one room a group of commands, each a function from parsed flags to an exit code."""
