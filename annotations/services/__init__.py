"""What people do: create campaigns, claim tasks, submit labels, adjudicate, release gold."""
