"""From an old user to the Setup that would replace it: what is proposed, and what of the old would be lost or gained by it.

A proposal is a draft for the wizard, never more than the user could do, with a note for everything that was guessed or is unknown.
"""
