"""The task hub in Azure Storage: tables, large strings, the app lease, Azurite on demand."""
