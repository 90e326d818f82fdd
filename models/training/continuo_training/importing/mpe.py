"""MPE zones: channels that together are one instrument, as their configuration messages say."""

from __future__ import annotations

from dataclasses import dataclass, field

from .smf import Event

LOWER, UPPER = 0, 15
"""The master channels."""
MEMBERS = 14
"""As many member channels as both zones have together."""
CONTROL = 0xB0
DATA_ENTRY, REGISTERED_LOW, REGISTERED_HIGH = 6, 100, 101
UNREGISTERED = (98, 99)
CONFIGURATION = (0, 6)
"""The registered parameter of a zone's size, high and low byte."""


@dataclass
class Zones:
    """The zones of one track, over time."""

    settings: list[tuple[int, dict[int, int]]] = field(default_factory=list)
    """From which tick on there are how many members, by master channel."""

    def master_of(self, channel: int, tick: int) -> int | None:
        """The master of the zone to which a channel belongs."""
        members = next((members for since, members in reversed(self.settings) if since <= tick), {})
        if channel <= members.get(LOWER, 0) and members.get(LOWER):
            return LOWER
        if channel >= UPPER - members.get(UPPER, 0) and members.get(UPPER):
            return UPPER
        return None


def zones_of(track: list[Event]) -> Zones:
    """The zones that a track configures: registered parameter 6 on a master channel."""
    zones = Zones()
    members: dict[int, int] = {}
    chosen: dict[int, dict[int, int]] = {LOWER: {}, UPPER: {}}
    for event in track:
        channel = event.status & 0x0F
        if event.status & 0xF0 != CONTROL or channel not in chosen:
            continue
        controller, value = event.data
        if controller in (REGISTERED_HIGH, REGISTERED_LOW):
            chosen[channel][controller] = value
        elif controller in UNREGISTERED:
            chosen[channel].clear()
        elif controller == DATA_ENTRY:
            parameter = (chosen[channel].get(REGISTERED_HIGH), chosen[channel].get(REGISTERED_LOW))
            if parameter == CONFIGURATION and value <= UPPER:
                other = UPPER - channel
                # The zone that is configured last takes what it needs from the other one.
                shrunk = max(min(members.get(other, 0), MEMBERS - value), 0)
                members = {channel: value, other: shrunk}
                zones.settings.append((event.tick, members))
    return zones
