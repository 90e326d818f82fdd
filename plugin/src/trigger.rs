//! Buttons among the parameters.

/// A parameter that acts each time that it goes on. One that is on when it is first seen (a project was saved so) does
/// nothing until it has gone off.
#[derive(Clone, Copy, Debug)]
pub struct Trigger {
    was_on: bool,
}

impl Default for Trigger {
    fn default() -> Self {
        Self { was_on: true }
    }
}

impl Trigger {
    /// Looks at the parameter; whether it has gone on since the last look.
    pub fn rises(&mut self, on: bool) -> bool {
        !std::mem::replace(&mut self.was_on, on) && on
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_acts_once_each_time_that_it_goes_on() {
        let mut trigger = Trigger::default();
        let acts = [true, true, false, true, true, false, false, true].map(|on| trigger.rises(on));
        assert_eq!(acts, [false, false, false, true, false, false, false, true]);
    }
}
