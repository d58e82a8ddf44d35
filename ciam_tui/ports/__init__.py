"""The ring of effects: AWS, disk, clipboard and clock, each behind a protocol of `api`, so that the rest can be tried without them."""
