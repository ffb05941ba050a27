"""The HTTP API under /api/v1: the same acts as on the command line, through the same door.

Who calls proves it with a personal token as a bearer. Every answer that is no success is a problem (RFC 9457) with a
closed code and never a value. Rooms that stand above hub bring their routes by the entry point group `jukihub.routes`.
"""
