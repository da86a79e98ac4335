"""What people can do with pictures: commands and buttons."""
