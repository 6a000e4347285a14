"""The first voyage as a story: a district of real processes at work, and the proof."""
