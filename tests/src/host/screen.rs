//! A screen without a monitor: an X server of our own (Xvfb), windows on it, and pictures of them.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ClientMessageEvent, ConnectionExt, CreateWindowAux, EventMask,
    ImageFormat, MOTION_NOTIFY_EVENT, PropMode, Window, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// A running X server. It ends when this is dropped.
pub struct Server {
    process: Child,
    /// The display's name, for the environment variable `DISPLAY` of those who are to draw on it.
    pub display: String,
}

impl Server {
    /// Starts a server with a screen of 2560 × 1600 pixels on a free display.
    ///
    /// # Errors
    /// If Xvfb is not installed or does not come up.
    pub fn start() -> Result<Self> {
        let mut process = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "2560x1600x24", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Xvfb could not be started; `cargo xtask setup` installs it")?;
        let mut number = String::new();
        BufReader::new(process.stdout.take().context("piped")?).read_line(&mut number)?;
        ensure!(!number.trim().is_empty(), "Xvfb did not come up");
        Ok(Self { process, display: format!(":{}", number.trim()) })
    }
}

impl Server {
    /// A connection to it.
    ///
    /// # Errors
    /// If it is gone.
    pub fn screen(&self) -> Result<Screen> {
        Screen::connect_to(Some(&self.display))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A connection to the X server that the environment variable `DISPLAY` names.
pub struct Screen {
    pub(super) connection: RustConnection,
    pub(super) root: Window,
}

impl Screen {
    /// Connects.
    ///
    /// # Errors
    /// If there is no such server.
    pub fn connect() -> Result<Self> {
        Self::connect_to(None)
    }

    fn connect_to(display: Option<&str>) -> Result<Self> {
        let (connection, screen) = x11rb::connect(display).context("there is no X server to draw on")?;
        let root = connection.setup().roots[screen].root;
        Ok(Self { connection, root })
    }

    /// Opens a window of this size in pixels in the upper left corner and shows it.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn open_window(&self, width: u16, height: u16) -> Result<Window> {
        let window = self.connection.generate_id()?;
        let (depth, visual) = (x11rb::COPY_DEPTH_FROM_PARENT, x11rb::COPY_FROM_PARENT);
        let (kind, look) = (WindowClass::INPUT_OUTPUT, CreateWindowAux::new().background_pixel(0));
        let created =
            self.connection.create_window(depth, window, self.root, 0, 0, width, height, 0, kind, visual, &look)?;
        created.check()?;
        self.connection.map_window(window)?.check()?;
        Ok(window)
    }

    /// Says how many pixels an inch has, as desktops say it to the programs on them.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn set_dpi(&self, dpi: u32) -> Result<()> {
        let resources = format!("Xft.dpi:\t{dpi}\n");
        let (replace, name, text) = (PropMode::REPLACE, AtomEnum::RESOURCE_MANAGER, AtomEnum::STRING);
        self.connection.change_property8(replace, self.root, name, text, resources.as_bytes())?.check()?;
        Ok(())
    }

    /// Clicks at a place on the screen with a real pointer.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn click(&self, x: i16, y: i16) -> Result<()> {
        const LEFT: u8 = 1;
        for (kind, button) in [(MOTION_NOTIFY_EVENT, 0), (BUTTON_PRESS_EVENT, LEFT), (BUTTON_RELEASE_EVENT, LEFT)] {
            self.connection.xtest_fake_input(kind, button, x11rb::CURRENT_TIME, self.root, x, y, 0)?.check()?;
            // A panel that is drawn between has seen the pointer where it presses.
            std::thread::sleep(Duration::from_millis(150));
        }
        Ok(())
    }

    /// Closes a window.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn close_window(&self, window: Window) -> Result<()> {
        self.connection.destroy_window(window)?.check()?;
        Ok(())
    }

    /// The window with this title, if one is open.
    ///
    /// # Errors
    /// If the server is gone.
    pub fn window_called(&self, title: &str) -> Result<Option<Window>> {
        for window in self.connection.query_tree(self.root)?.reply()?.children {
            let (name, text) = (AtomEnum::WM_NAME, AtomEnum::ANY);
            // It may have been closed since the tree was asked for.
            let Ok(name) = self.connection.get_property(false, window, name, text, 0, 256)?.reply() else { continue };
            if name.value == title.as_bytes() {
                return Ok(Some(window));
            }
        }
        Ok(None)
    }

    /// The size of `window` in pixels.
    ///
    /// # Errors
    /// If it is gone.
    pub fn size_of(&self, window: Window) -> Result<[u32; 2]> {
        let geometry = self.connection.get_geometry(window)?.reply()?;
        Ok([geometry.width.into(), geometry.height.into()])
    }

    /// Asks the program whose `window` it is to close it, as a click on its cross does.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn ask_to_close(&self, window: Window) -> Result<()> {
        let atom = |name: &[u8]| -> Result<u32> { Ok(self.connection.intern_atom(false, name)?.reply()?.atom) };
        let (protocols, delete) = (atom(b"WM_PROTOCOLS")?, atom(b"WM_DELETE_WINDOW")?);
        let message = ClientMessageEvent::new(32, window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
        self.connection.send_event(false, window, EventMask::NO_EVENT, message)?.check()?;
        Ok(())
    }

    /// What is on the screen in the rectangle from the upper left corner.
    ///
    /// # Errors
    /// If the rectangle is not on the screen.
    pub fn picture(&self, width: u16, height: u16) -> Result<Picture> {
        let image = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, !0)?.reply()?;
        let pixels: Vec<[u8; 3]> = image.data.chunks_exact(4).map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        ensure!(pixels.len() == usize::from(width) * usize::from(height), "the picture has an unexpected format");
        Ok(Picture { width, height, pixels })
    }
}

/// A picture of the screen.
pub struct Picture {
    /// Pixels from left to right.
    pub width: u16,
    /// Pixels from top to bottom.
    pub height: u16,
    /// Red, green, blue, row by row.
    pub pixels: Vec<[u8; 3]>,
}

impl Picture {
    /// The pixel at this place; `None`: it lies outside.
    pub fn pixel(&self, [x, y]: [i16; 2]) -> Option<[u8; 3]> {
        let (x, y) = (u16::try_from(x).ok()?, u16::try_from(y).ok()?);
        let is_inside = x < self.width && y < self.height;
        is_inside.then(|| self.pixels[usize::from(y) * usize::from(self.width) + usize::from(x)])
    }

    /// A picture from a PNG.
    ///
    /// # Errors
    /// If it is none.
    pub fn from_png(png: &[u8]) -> Result<Self> {
        let pixmap = resvg::tiny_skia::Pixmap::decode_png(png)?;
        let pixels = pixmap.data().chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        Ok(Self { width: pixmap.width().try_into()?, height: pixmap.height().try_into()?, pixels })
    }

    /// The share of pixels, 0 to 1, that clearly have another colour in `other`, among those that `counts` takes; 1 if
    /// the pictures are not of one size.
    pub fn difference(&self, other: &Self, counts: impl Fn([u16; 2]) -> bool) -> f64 {
        /// Letters and curves have other edges where another version of OpenGL draws them.
        const CLEARLY: u8 = 48;
        if (self.width, self.height) != (other.width, other.height) {
            return 1.0;
        }
        let places = (0..self.height).flat_map(|y| (0..self.width).map(move |x| [x, y]));
        let pixels = places.zip(self.pixels.iter().zip(&other.pixels)).filter(|(place, _)| counts(*place));
        let (mut all, mut different) = (0u32, 0u32);
        for (_, (one, other)) in pixels {
            all += 1;
            different += u32::from(one.iter().zip(other).any(|(one, other)| one.abs_diff(*other) > CLEARLY));
        }
        f64::from(different) / f64::from(all.max(1))
    }

    /// How many different colours there are.
    pub fn colours(&self) -> usize {
        let mut colours = self.pixels.clone();
        colours.sort_unstable();
        colours.dedup();
        colours.len()
    }

    /// The share of pixels that have the commonest colour, 0 to 1.
    pub fn share_of_commonest(&self) -> f64 {
        let mut colours = self.pixels.clone();
        colours.sort_unstable();
        let commonest = colours.chunk_by(|a, b| a == b).map(<[_]>::len).max().unwrap_or(0);
        commonest as f64 / self.pixels.len().max(1) as f64
    }

    /// The share of blocks of two by two pixels that are not of one colour, 0 to 1: nearly none in a drawing that was
    /// made half as large and blown up.
    pub fn detail(&self) -> f64 {
        let width = usize::from(self.width);
        let at = |x: usize, y: usize| self.pixels[y * width + x];
        let blocks = || (0..usize::from(self.height) / 2).flat_map(|y| (0..width / 2).map(move |x| (2 * x, 2 * y)));
        let is_mixed = |&(x, y): &(usize, usize)| [at(x + 1, y), at(x, y + 1), at(x + 1, y + 1)] != [at(x, y); 3];
        blocks().filter(is_mixed).count() as f64 / blocks().count().max(1) as f64
    }

    /// The picture as a PNG.
    ///
    /// # Errors
    /// If it has no pixels.
    pub fn png(&self) -> Result<Vec<u8>> {
        let mut pixmap = resvg::tiny_skia::Pixmap::new(self.width.into(), self.height.into()).context("no pixels")?;
        for (place, [red, green, blue]) in pixmap.data_mut().chunks_exact_mut(4).zip(&self.pixels) {
            place.copy_from_slice(&[*red, *green, *blue, 255]);
        }
        Ok(pixmap.encode_png()?)
    }
}
