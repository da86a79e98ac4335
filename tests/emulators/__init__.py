"""Servers that play the platforms, strictly, over real sockets."""
