"""Real sides of the `Notifier` port: mail, Teams, and the Logic App that asks by mail."""
