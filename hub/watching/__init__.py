"""The watch without its library: forwarding, counting, judging. Only hub/watch.py knows that Faust carries the records.

The archive forwards every line that it has (forwarding), the watch counts it once (counting), looks at the figures
every some seconds and says what is unusual (looking; the judgements themselves are pure, in judging).
"""
