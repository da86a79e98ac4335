"""Requests of the bot, by what they are about."""
