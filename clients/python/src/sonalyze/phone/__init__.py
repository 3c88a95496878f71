"""The phone without a phone: what it does when the backend tells it something."""

from sonalyze.phone.machine import Actions, Phone, Stimulus

__all__ = ["Actions", "Phone", "Stimulus"]
