"""What every front end asks with, so that a question means the same on a full screen and as a prompt: help texts, and how answers are typed."""
