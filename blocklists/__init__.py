"""Lists of names and addresses that devices should not talk to: feeds, own list, and their fetcher."""
