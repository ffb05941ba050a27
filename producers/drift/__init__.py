"""Drift: does a counterpart still hold exactly what it was lawfully told, and if not, how is it told again?"""
