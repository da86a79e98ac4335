"""From Markdown to text with entities: read, then laid out."""
