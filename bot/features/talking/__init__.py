"""Talking: questions in, answers that grow out."""
