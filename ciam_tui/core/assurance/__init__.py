"""Evidence for auditors: what was granted, by whom, when, and how it stands now, each piece with the control it supports and its digest.

The word evidence alone means in this house what shows that a key was used; here it is what an auditor is handed.
"""
