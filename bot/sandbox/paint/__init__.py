"""Pictures drawn from a prompt's words, the same for the same words and seed."""
