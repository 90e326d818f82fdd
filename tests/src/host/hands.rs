//! A pointer and a keyboard on a screen without a monitor: what they do reaches programs as it does from real ones.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConfigureWindowAux, ConnectionExt, InputFocus, Window};
use x11rb::protocol::xtest::ConnectionExt as _;

use super::screen::Screen;

/// X11's numbers for what is done.
const KEY_DOWN: u8 = 2;
const KEY_UP: u8 = 3;
const BUTTON_DOWN: u8 = 4;
const BUTTON_UP: u8 = 5;
const MOVED: u8 = 6;

/// A pointer's buttons.
pub const LEFT: u8 = 1;
/// As said above.
pub const RIGHT: u8 = 3;

/// A key by X11's name for it: letters are themselves.
pub const ESCAPE: u32 = 0xff1b;
/// As said above.
pub const ENTER: u32 = 0xff0d;
/// As said above.
pub const CONTROL: u32 = 0xffe3;

/// For how long a hand holds what it presses, and rests after it: programs look a few dozen times in a second.
const HELD: Duration = Duration::from_millis(120);

/// The hands of who sits before `screen`.
pub struct Hands<'a> {
    screen: &'a Screen,
}

impl<'a> Hands<'a> {
    /// Hands before `screen`.
    pub fn at(screen: &'a Screen) -> Self {
        Self { screen }
    }

    fn act(&self, kind: u8, detail: u8, [x, y]: [i16; 2]) -> Result<()> {
        self.screen.connection.xtest_fake_input(kind, detail, 0, self.screen.root, x, y, 0)?.check()?;
        Ok(())
    }

    /// Moves the pointer to this pixel.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn point(&self, at: [i16; 2]) -> Result<()> {
        self.act(MOVED, 0, at)
    }

    /// Presses a button of the pointer at this pixel, for as long as is said.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn press(&self, button: u8, at: [i16; 2], held: Duration) -> Result<()> {
        self.point(at)?;
        thread::sleep(HELD);
        self.act(BUTTON_DOWN, button, at)?;
        thread::sleep(held);
        self.act(BUTTON_UP, button, at)?;
        thread::sleep(HELD);
        Ok(())
    }

    /// Clicks at this pixel.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn click(&self, at: [i16; 2]) -> Result<()> {
        self.press(LEFT, at, HELD)
    }

    /// Presses keys together, the first one first.
    ///
    /// # Errors
    /// If the server refuses, or has no such key.
    pub fn strike(&self, keys: &[u32]) -> Result<()> {
        let codes = keys.iter().map(|key| self.code(*key)).collect::<Result<Vec<_>>>()?;
        for code in &codes {
            self.act(KEY_DOWN, *code, [0, 0])?;
        }
        thread::sleep(HELD);
        for code in codes.iter().rev() {
            self.act(KEY_UP, *code, [0, 0])?;
        }
        thread::sleep(HELD);
        Ok(())
    }

    fn code(&self, key: u32) -> Result<u8> {
        let setup = self.screen.connection.setup();
        let (least, most) = (setup.min_keycode, setup.max_keycode);
        let mapping = self.screen.connection.get_keyboard_mapping(least, most - least + 1)?.reply()?;
        let columns = usize::from(mapping.keysyms_per_keycode);
        let place = mapping.keysyms.chunks(columns).position(|keys| keys.first() == Some(&key));
        Ok(least + place.with_context(|| format!("the keyboard has no key {key:#x}"))? as u8)
    }

    /// Has keys go to `window`.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn look_at(&self, window: Window) -> Result<()> {
        self.screen.connection.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)?.check()?;
        Ok(())
    }

    /// Drags `window` to this size in pixels, as its frame does.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn resize(&self, window: Window, [width, height]: [u32; 2]) -> Result<()> {
        let size = ConfigureWindowAux::new().width(width).height(height);
        self.screen.connection.configure_window(window, &size)?.check()?;
        Ok(())
    }
}
