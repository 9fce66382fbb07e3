"""What the wire says: capture, decode, flows and parsers. Facts, never opinions."""
