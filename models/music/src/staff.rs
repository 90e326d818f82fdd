//! The staff on which drums are written: drums have no pitch, so each kind has a line.

use super::drum::Drum;

/// A line of the staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// Crash and ride cymbals.
    Cymbals,
    /// The hi-hat.
    HiHat,
    /// What hands, shakers and small sticks strike.
    Percussion,
    /// The toms.
    Toms,
    /// The snare drum, and what takes its place.
    Snare,
    /// The bass drum.
    Kick,
}

impl Line {
    /// Every line, the highest first.
    pub const ALL: [Self; 6] = [Self::Cymbals, Self::HiHat, Self::Percussion, Self::Toms, Self::Snare, Self::Kick];

    /// What the musician reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cymbals => "Cymbals",
            Self::HiHat => "Hi-hat",
            Self::Percussion => "Percussion",
            Self::Toms => "Toms",
            Self::Snare => "Snare",
            Self::Kick => "Kick",
        }
    }

    /// The line of `drum`.
    pub fn of(drum: Drum) -> Self {
        match drum {
            Drum::Crash | Drum::Ride | Drum::RideBell => Self::Cymbals,
            Drum::ClosedHat | Drum::PedalHat | Drum::OpenHat => Self::HiHat,
            Drum::LowTom | Drum::MidTom | Drum::HighTom => Self::Toms,
            Drum::Snare | Drum::SideStick | Drum::Clap | Drum::BrushTap | Drum::BrushSwirl => Self::Snare,
            Drum::Kick => Self::Kick,
            Drum::Cowbell
            | Drum::Tambourine
            | Drum::Shaker
            | Drum::Claves
            | Drum::HighConga
            | Drum::MuteConga
            | Drum::LowConga
            | Drum::HighBongo
            | Drum::LowBongo
            | Drum::Timbale => Self::Percussion,
        }
    }
}

impl Drum {
    /// What the musician reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kick => "Kick",
            Self::Snare => "Snare",
            Self::SideStick => "Side stick",
            Self::ClosedHat => "Closed hat",
            Self::PedalHat => "Pedal hat",
            Self::OpenHat => "Open hat",
            Self::Ride => "Ride",
            Self::RideBell => "Ride bell",
            Self::Crash => "Crash",
            Self::LowTom => "Low tom",
            Self::MidTom => "Mid tom",
            Self::HighTom => "High tom",
            Self::Clap => "Clap",
            Self::Cowbell => "Cowbell",
            Self::Tambourine => "Tambourine",
            Self::Shaker => "Shaker",
            Self::Claves => "Claves",
            Self::HighConga => "High conga",
            Self::MuteConga => "Muted conga",
            Self::LowConga => "Low conga",
            Self::HighBongo => "High bongo",
            Self::LowBongo => "Low bongo",
            Self::Timbale => "Timbale",
            Self::BrushTap => "Brush tap",
            Self::BrushSwirl => "Brush swirl",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_has_a_drum_and_no_two_drums_a_name() {
        assert_eq!(Drum::ALL.map(Line::of).into_iter().collect::<BTreeSet<_>>(), Line::ALL.into());
        assert_eq!(Drum::ALL.map(Drum::name).into_iter().collect::<BTreeSet<_>>().len(), Drum::ALL.len());
    }
}
