"""団体内統合宛名: one number for each person of the city, whatever each of its systems calls them.

The rules are in `decide` (whose number it is) and `joining` (two that are one, one that is two); everything that gives,
moves or joins a number does so under one lock, the last that a transaction takes. Callers import the modules.
"""
