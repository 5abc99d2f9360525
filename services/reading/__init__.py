"""What people are shown: proposals, inboxes, lists. Reading only."""
