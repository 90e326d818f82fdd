//! What the MIDI channels are: hands, drums, or the members of an MPE zone.
//!
//! MPE (MIDI Polyphonic Expression, MMA/AMEI RP-053) gives each note a channel of its own. A *zone* is a master
//! channel, 1 or 16, and the members next to it; a configuration message on the master says how many.

/// The channel of General MIDI's drums, 0–15.
const DRUMS: u8 = 9;
/// The master channels of the lower and the upper zone, 0–15.
const MASTERS: [u8; 2] = [0, 15];
/// The most members of a zone.
const MOST_MEMBERS: u8 = 15;

/// The MPE zones. Plain old data; no zone is configured at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Zones {
    /// The members of the lower and the upper zone.
    members: [u8; 2],
}

impl Zones {
    /// The zone of `master` (0 or 15; another channel has none) has so many members now; 0: it is none any more. A new
    /// zone takes its members from the other one.
    pub fn configure(&mut self, master: u8, members: u8) {
        let Some(zone) = MASTERS.iter().position(|&other| other == master) else { return };
        let members = members.min(MOST_MEMBERS);
        self.members[zone] = members;
        if members > 0 {
            let other = &mut self.members[1 - zone];
            *other = (*other).min((MOST_MEMBERS - 1).saturating_sub(members));
        }
    }

    /// The channel of whoever plays on `channel`: the master of its zone, or itself.
    fn player_of(self, channel: u8) -> u8 {
        let [lower, upper] = self.members;
        match channel & 15 {
            channel if (1..=lower).contains(&channel) => MASTERS[0],
            channel if channel < 15 && channel + upper >= 15 => MASTERS[1],
            channel => channel,
        }
    }
}

/// What each channel is. Plain old data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Channels {
    /// The left hand's channel, or its zone's master, 0–15, if the hands are told apart by it.
    pub left: Option<u8>,
    /// The MPE zones.
    pub zones: Zones,
}

impl Channels {
    /// Whether the hands play on channels of their own.
    pub fn tell_hands(self) -> bool {
        self.left.is_some()
    }

    /// Whether what is played on `channel` is the left hand's for sure.
    pub fn is_left(self, channel: u8) -> bool {
        self.left.is_some_and(|left| left == self.zones.player_of(channel))
    }

    /// Whether what is played on `channel` is drums: it has no pitch.
    pub fn is_drums(self, channel: u8) -> bool {
        channel & 15 == DRUMS && self.zones.player_of(DRUMS) == DRUMS && self.left != Some(DRUMS)
    }

    /// The channels on which a pedal on `channel` acts, one bit each: those of its zone if it is a master, else itself.
    pub fn under_pedal_of(self, channel: u8) -> u16 {
        let channel = channel & 15;
        mask((0..16).filter(|&other| other == channel || self.zones.player_of(other) == channel))
    }

    /// Whose notes the right hand's are, as far as channels say.
    pub fn right_hand(self) -> RightHand {
        let others = (0..16).filter(|&channel| self.is_left(channel) || self.is_drums(channel));
        RightHand { by_channel: self.tell_hands(), not_on: mask(others), ..RightHand::default() }
    }
}

/// Which notes are the right hand's, as far as one can tell when they are struck: the melody, to which the band
/// answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RightHand {
    /// Its lowest MIDI key, where no channel tells the hands apart: what lies lower is the left hand's.
    pub lowest: u8,
    /// A chord of three keys or more within a hand's span is the left hand's as a whole if its lowest and its highest
    /// key add up to less, and the highest is lower than `joined_from`.
    pub chords_below: u8,
    /// See `chords_below`.
    pub joined_from: u8,
    /// Whether the left hand has channels of its own.
    pub by_channel: bool,
    /// The channels that are not the right hand's, one bit each: drums, and the left hand's if it has some.
    pub not_on: u16,
}

impl RightHand {
    /// The first channel that can be its own, 0–15.
    pub fn channel(self) -> u8 {
        self.not_on.trailing_ones().min(15) as u8
    }

    /// Whether the note is one of its own.
    pub fn plays(self, channel: u8, key: u8) -> bool {
        self.not_on >> (channel & 15) & 1 == 0 && (self.by_channel || key >= self.lowest)
    }
}

fn mask(channels: impl Iterator<Item = u8>) -> u16 {
    channels.fold(0, |mask, channel| mask | 1 << channel)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(configured: &[(u8, u8)]) -> Channels {
        let mut channels = Channels::default();
        configured.iter().for_each(|&(master, members)| channels.zones.configure(master, members));
        channels
    }

    fn channels(bits: u16) -> Vec<u8> {
        (0..16).filter(|channel| bits >> channel & 1 == 1).collect()
    }

    #[test]
    fn a_pedal_acts_on_its_own_channel_and_that_of_a_master_on_its_zone() {
        let both = zones(&[(0, 4), (15, 3)]);
        assert_eq!(channels(both.under_pedal_of(0)), [0, 1, 2, 3, 4]);
        assert_eq!(channels(both.under_pedal_of(15)), [12, 13, 14, 15]);
        assert_eq!(channels(both.under_pedal_of(2)), [2]);
        assert_eq!(channels(zones(&[]).under_pedal_of(0)), [0]);
        assert_eq!(channels(zones(&[(0, 4), (0, 0)]).under_pedal_of(0)), [0], "a zone without members is none");
    }

    #[test]
    fn a_new_zone_takes_its_members_from_the_other_one() {
        assert_eq!(channels(zones(&[(15, 10), (0, 8)]).under_pedal_of(15)), [9, 10, 11, 12, 13, 14, 15]);
        assert_eq!(channels(zones(&[(15, 10), (0, 15)]).under_pedal_of(15)), [15], "a single zone has all the others");
        assert_eq!(
            channels(zones(&[(3, 7)]).under_pedal_of(3)),
            [3],
            "only the first and the last channel are masters"
        );
    }

    #[test]
    fn the_tenth_channel_is_drums_unless_it_is_a_hands_or_a_zones() {
        let drums = |channels: Channels| (0..16).filter(|&channel| channels.is_drums(channel)).collect::<Vec<_>>();
        assert_eq!(drums(zones(&[])), [9]);
        assert_eq!(drums(Channels { left: Some(9), ..zones(&[]) }), Vec::<u8>::new());
        assert_eq!(drums(zones(&[(0, 15)])), Vec::<u8>::new());
    }

    #[test]
    fn a_zone_is_one_hand() {
        let left = Channels { left: Some(0), ..zones(&[(0, 5)]) };
        assert_eq!(channels(left.right_hand().not_on), [0, 1, 2, 3, 4, 5, 9]);
    }
}
