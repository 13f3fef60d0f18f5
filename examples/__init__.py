"""State machines that do real work, made to be read, copied and debugged."""
