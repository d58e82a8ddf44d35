"""What a key was seen to do: from AWS's own records and from files, each saying what it can see and what it cannot."""
