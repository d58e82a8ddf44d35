"""What is known of a user's use, and by which source: values, readings of logs, and words."""
