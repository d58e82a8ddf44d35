"""The users of an account as what they are: who has a key, what the key reaches, and whether a person stands behind it."""
