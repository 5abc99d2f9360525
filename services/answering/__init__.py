"""What approvers ask of the author: questions, conditions, evidence."""
