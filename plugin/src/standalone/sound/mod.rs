//! Where sound goes: JACK, a sound card, or nowhere. Each has the engine lent for as long as it is open.

pub mod card;
pub mod clock;
pub mod jack;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};

use continuo::machine::{Place, Way};

use super::engine::{Lent, Links};
use card::Card;
use clock::Clock;
use jack::Jack;

/// Samples per second that are wished for, the best first, and samples in a block.
pub const RATES: [u32; 3] = [48_000, 44_100, 96_000];
/// As said above.
pub const BLOCK: u32 = 512;

/// What is asked for; `None`: whichever is best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Samples per second.
    pub rate: Option<u32>,
    /// Samples in a block.
    pub block: Option<u32>,
}

/// Whether sound has broken off. Set by whoever hears of it, on any thread.
#[derive(Clone, Debug, Default)]
pub struct Broken(Arc<AtomicBool>);

impl Broken {
    /// Sound has broken off.
    pub fn set(&self) {
        self.0.store(true, Release);
    }

    /// Whether it has.
    pub fn is_set(&self) -> bool {
        self.0.load(Acquire)
    }
}

/// Sound that runs. It ends when this is dropped.
pub enum Output {
    /// At a JACK server.
    Jack(Box<Jack>),
    /// At a sound card.
    Card(Card),
    /// Nowhere: blocks are played in time and not heard.
    Clock(Clock),
}

impl Output {
    /// Opens sound at `place`. [`Way::Auto`]: at JACK, else at the default sound card.
    ///
    /// # Errors
    /// If it cannot be opened: one sentence, without an end. The engine is home again.
    pub fn open(place: &Place, asked: Asked, lend: &dyn Fn() -> Lent, links: &Arc<Links>) -> Result<Self, String> {
        match place.way {
            Way::Jack => Jack::open(lend, links).map(|jack| Self::Jack(Box::new(jack))),
            Way::Card => Card::open(&place.card, asked, lend, links).map(Self::Card),
            Way::Auto => {
                let jack = Place { way: Way::Jack, card: String::new() };
                Self::open(&jack, asked, lend, links).or_else(|no_jack| {
                    let card = Place { way: Way::Card, card: String::new() };
                    Self::open(&card, asked, lend, links).map_err(|no_card| format!("{no_jack}, and {no_card}"))
                })
            }
            Way::Nowhere => {
                let (rate, block) = (asked.rate.unwrap_or(RATES[0]), asked.block.unwrap_or(BLOCK));
                Clock::start(rate, block, lend).map(Self::Clock)
            }
        }
    }

    /// Where sound goes; `None`: nowhere.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Jack(_) => Some("JACK"),
            Self::Card(card) => Some(&card.name),
            Self::Clock(_) => None,
        }
    }

    /// Samples per second, and in a block.
    pub fn rate_and_block(&self) -> (u32, u32) {
        match self {
            Self::Jack(jack) => jack.rate_and_block(),
            Self::Card(card) => (card.rate, card.block),
            Self::Clock(clock) => (clock.rate, clock.block),
        }
    }

    /// Whether it has broken off.
    pub fn is_broken(&self) -> bool {
        match self {
            Self::Jack(jack) => jack.broken.is_set(),
            Self::Card(card) => card.broken.is_set(),
            Self::Clock(_) => false,
        }
    }
}
