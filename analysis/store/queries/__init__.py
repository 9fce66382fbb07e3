"""What the dashboard asks the database, one module a subject; `analysis.store.reader` joins them."""
