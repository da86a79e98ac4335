"""Markdown as models write it, said in the platform's own Markdown."""
