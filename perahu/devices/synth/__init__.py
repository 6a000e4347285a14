"""People who do not exist: synthetic fingers, eyes, faces and signatures.

Everything is drawn by closed formulas from (the person's seed, the part, the number of
the capture), so the same three always give the same picture. No picture of a real
person is anywhere in it, and every face says DATA UJI.
"""
