"""Use cases over the domain's ports: submit, decide, hand over, settle, publish, sweep. No Azure here."""
