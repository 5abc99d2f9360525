"""What comes next for a revision that is under way: the one question that its orchestration asks."""
