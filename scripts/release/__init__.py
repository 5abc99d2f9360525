"""What releases run: locking, building the infrastructure template, packaging."""
