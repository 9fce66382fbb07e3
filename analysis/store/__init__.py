"""sentinel.db: all SQL lives here, behind a writer of row batches and a reader of questions."""
