"""The real sides of the domain's ports: storage, directory, messages, settings; the one place that talks to Azure."""
