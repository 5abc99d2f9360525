"""The directory from Microsoft Graph: people, managers, groups and app roles, kept for a while."""
