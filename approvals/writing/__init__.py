"""What people and auditors read: messages, links, the audit trail, the decision record; and what erasure leaves."""
