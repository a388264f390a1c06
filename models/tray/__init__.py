"""Trains the network that sees where one thing on the tray ends and the next begins."""
