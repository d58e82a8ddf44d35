"""Taking a Setup down: what of an account is its own, from any machine and months later, and the plan that deletes it.

A journal is local, and a tag can be copied. So what is tagged as the Setup's is deleted without a further word only where it also says what
this machine's journals left there, or what the Setup makes; what differs is shown, and wants to be named.
"""
