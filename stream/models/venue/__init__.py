"""What may take place when: limits of sports, heat, lightning, and safe windows.

Pure functions of arrays. `severity` is the common scale: 1 where caution begins, 2 where an event
must stop, linear between and beyond.
"""
