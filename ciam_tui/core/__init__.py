"""The pure ring: answers, policies, trust, decisions and plans as values. Nothing here reads, writes, waits or draws."""
