"""What the bot may ask for, by theme. Each is a function of the world and the call."""
