"""The pages: they read the database, and write only what a person decides."""
