"""Virtual rooms and the sound of virtual phones: the acoustic half of a simulated measurement.

``rooms`` is the catalogue, ``placement`` puts phones into a room, ``room`` gives the impulse
response between two of them, ``channel`` turns it into the file that a phone would upload, and
``truth`` says what a perfect measurement would find. Nothing here knows the protocol.
"""
