"""Whether something would still shut the new roles out, or stand before them, while the old user is there."""
