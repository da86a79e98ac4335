"""Chatelier: what the service is, whatever the platform."""

__version__ = "0.1.0"
