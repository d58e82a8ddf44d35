"""CircleCI behind the protocol of the ports: one class to the rest of the house, HTTP and the API's habits within.

Only this package imports urllib3, and only once somebody opens CircleCI: neither `--version` nor the first frame pays for it.
"""
