//! The rooms as a drawing: each above the rooms that it uses.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Arrows;

/// Sizes in pixels: a room, the space around it, and the edge of a house.
const WIDTH: f64 = 164.0;
const HEIGHT: f64 = 30.0;
const GAP: f64 = 18.0;
const STOREY: f64 = 74.0;
const EDGE: f64 = 34.0;
/// The most rooms in a row.
const ROW: usize = 6;

/// Where the middle of a room's upper edge is.
type Places = BTreeMap<String, (f64, f64)>;

/// The houses one under another, each with its rooms and arrows. An arrow that others imply is left out.
pub fn svg(houses: &[(&str, Arrows)]) -> String {
    let mut body = String::new();
    let (width, mut top) = (ROW as f64 * (WIDTH + GAP) + 2.0 * EDGE, GAP);
    for (name, arrows) in houses {
        let (places, height) = places(arrows, width, top + EDGE);
        let _ = writeln!(
            body,
            r##"<rect x="4" y="{top}" width="{}" height="{height}" rx="10" fill="#fbfaf7" stroke="#b9b2a3"/>
<text x="20" y="{}" class="house">{name}</text>"##,
            width - 8.0,
            top + 22.0,
        );
        for (from, used) in arrows {
            for to in used.iter().filter(|to| !is_implied(arrows, from, to)) {
                body.push_str(&arrow(places[from], places[to]));
            }
        }
        for (room, (x, y)) in &places {
            let _ = writeln!(
                body,
                r##"<rect x="{}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#ffffff" stroke="#5b6470"/>
<text x="{x}" y="{}">{}</text>"##,
                x - WIDTH / 2.0,
                y + 20.0,
                room.strip_prefix("improviser::").unwrap_or(room),
            );
        }
        top += height + GAP;
    }
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" font-family="sans-serif" font-size="13">
<style>text {{ text-anchor: middle; fill: #23272e }} .house {{ text-anchor: start; font-weight: bold }}</style>
<rect width="{width}" height="{top}" fill="#ffffff"/>
{body}</svg>
"##
    )
}

/// The storeys from the top: whoever uses a room is above it. Returns the height of the house, too.
fn places(arrows: &Arrows, width: f64, top: f64) -> (Places, f64) {
    let mut storeys: Vec<Vec<&str>> = Vec::new();
    for room in arrows.keys() {
        let height = height(arrows, room);
        storeys.resize(storeys.len().max(height + 1), Vec::new());
        storeys[height].push(room);
    }
    let rows: Vec<&[&str]> = storeys.iter().rev().flat_map(|storey| storey.chunks(ROW)).collect();
    let mut places = Places::new();
    for (row, rooms) in rows.iter().enumerate() {
        let left = (width - rooms.len() as f64 * (WIDTH + GAP)) / 2.0;
        for (index, room) in rooms.iter().enumerate() {
            let x = left + (index as f64 + 0.5) * (WIDTH + GAP);
            places.insert((*room).into(), (x, top + row as f64 * STOREY));
        }
    }
    (places, rows.len() as f64 * STOREY + EDGE)
}

/// The longest way down from a room.
fn height(arrows: &Arrows, room: &str) -> usize {
    arrows[room].iter().map(|used| 1 + height(arrows, used)).max().unwrap_or(0)
}

/// Whether `from` uses `to` by way of another room that it uses.
fn is_implied(arrows: &Arrows, from: &str, to: &str) -> bool {
    fn reaches(arrows: &Arrows, from: &str, to: &str) -> bool {
        arrows[from].iter().any(|used| used == to || reaches(arrows, used, to))
    }
    arrows[from].iter().any(|used| used != to && reaches(arrows, used, to))
}

fn arrow((x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> String {
    let (y1, bend) = (y1 + HEIGHT, (y2 - y1 - HEIGHT) / 2.0);
    format!(
        r##"<path d="M{x1:.1} {y1} C{x1:.1} {:.1} {x2:.1} {:.1} {x2:.1} {y2}" fill="none" stroke="#8a93a0"/>
<circle cx="{x2:.1}" cy="{y2}" r="3" fill="#8a93a0"/>
"##,
        y1 + bend,
        y2 - bend,
    )
}
