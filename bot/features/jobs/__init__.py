"""Picture jobs, from the order to the last shown word, whatever is ordered."""
