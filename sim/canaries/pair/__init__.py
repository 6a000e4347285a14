"""Three nodes on disks that fail, one contact at a time: the smallest world that can lose.

A hub and two offices with real keys, books and sessions, no tables of rooms and no people:
so a story takes a fraction of a second, and hundreds of them are told in a minute. What
it has beyond `sim.world` are power cuts in the middle of a contact, on either side.

    from sim.canaries.pair.story import play
    play(7)                 # None, or in words what did not hold
"""
