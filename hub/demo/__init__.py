"""`jukihub demo`: one morning of 届出 in a made-up city, from the counter to four subscribers, on the real thing.

It runs the same commands that people run, in a data folder of its own, and then checks what it shows: each claim that
it prints was computed from what arrived, and one that does not hold ends it with exit 1.
"""
