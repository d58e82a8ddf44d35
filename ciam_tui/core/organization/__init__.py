"""An organization of accounts: who is in it, and what audits of all of them come to. By itself it imports nothing."""
