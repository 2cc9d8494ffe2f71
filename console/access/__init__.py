"""Sign-in: accounts, sessions, tokens of machines, and what each role may do."""
