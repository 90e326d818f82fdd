//! The MPE zones on which the musician plays, as the configuration messages among the controllers say.

use continuo_models::Zones;

/// RPN 6 on a master channel says how many members its zone has, in the coarse data entry.
const CONFIGURATION: (u8, u8) = (0, 6);

const RPN_COARSE: u8 = 101;
const RPN_FINE: u8 = 100;
const NRPN: [u8; 2] = [98, 99];
const DATA_ENTRY: u8 = 6;

/// Reads the messages. Belongs to the audio thread, and is kept for as long as the instance lives: a controller sends
/// them once.
#[derive(Clone, Copy, Debug, Default)]
pub struct ZoneReader {
    zones: Zones,
    /// The registered parameter that each channel has chosen, coarse and fine; `None`: another kind, or none yet.
    chosen: [[Option<u8>; 2]; 16],
}

impl ZoneReader {
    /// The zones.
    pub fn zones(&self) -> Zones {
        self.zones
    }

    /// A controller moves to `value` (0–127).
    pub fn read(&mut self, channel: u8, controller: u8, value: u8) {
        let chosen = &mut self.chosen[usize::from(channel & 15)];
        match controller {
            RPN_COARSE => chosen[0] = Some(value),
            RPN_FINE => chosen[1] = Some(value),
            number if NRPN.contains(&number) => *chosen = [None; 2],
            DATA_ENTRY if chosen[0].zip(chosen[1]) == Some(CONFIGURATION) => self.zones.configure(channel, value),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(messages: &[(u8, u8, u8)]) -> Zones {
        let mut reader = ZoneReader::default();
        messages.iter().for_each(|&(channel, number, value)| reader.read(channel, number, value));
        reader.zones()
    }

    fn zone(master: u8, members: u8) -> Zones {
        let mut zones = Zones::default();
        zones.configure(master, members);
        zones
    }

    #[test]
    fn a_configuration_message_says_how_many_members_there_are() {
        assert_eq!(read(&[(0, 101, 0), (0, 100, 6), (0, 6, 7)]), zone(0, 7));
        assert_eq!(read(&[(15, 100, 6), (15, 101, 0), (15, 6, 3)]), zone(15, 3));
        assert_eq!(read(&[(15, 100, 6), (15, 101, 0), (15, 6, 3), (15, 6, 0)]), Zones::default());
    }

    #[test]
    fn the_data_of_another_parameter_say_nothing() {
        for (messages, whose) in [
            (&[(0, 101, 0), (0, 100, 0), (0, 6, 48)][..], "the range of pitch bend"),
            (&[(0, 101, 0), (0, 100, 6), (0, 99, 1), (0, 98, 8), (0, 6, 7)], "not registered"),
            (&[(0, 101, 0), (1, 100, 6), (0, 6, 7)], "chosen on another channel"),
            (&[(0, 101, 0), (0, 100, 6), (0, 101, 127), (0, 100, 127), (0, 6, 7)], "chosen no more"),
        ] {
            assert_eq!(read(messages), Zones::default(), "{whose}");
        }
    }
}
