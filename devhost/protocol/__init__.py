"""What extension, framework and SDK say to each other: events, rows, messages and the replay. No input or output."""
