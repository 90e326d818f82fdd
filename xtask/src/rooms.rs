//! The rooms of the house: which module uses which, read from the source, so that no arrow goes in a circle and the
//! picture in docs/architecture.md is what is built.

mod picture;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail};

use crate::cargo::root;

/// The picture that the command draws.
const PICTURE: &str = "docs/rooms.svg";

/// Who uses whom, by name.
type Arrows = BTreeMap<String, BTreeSet<String>>;

/// A crate, and the rooms in it that are large enough to show their own.
struct House {
    name: &'static str,
    source: &'static str,
    opened: &'static [&'static str],
}

/// The crates that the picture shows, the ones that use the others first.
const HOUSES: [House; 2] = [
    House { name: "plugin", source: "plugin/src", opened: &[] },
    House { name: "models", source: "models/src", opened: &["improviser", "players"] },
];

/// The crates whose modules may not go in circles.
const CHECKED: [&str; 4] = ["models/music/src", "models/input/src", "models/src", "plugin/src"];

/// Draws the picture of the rooms and writes it. The error names a circle, if there is one.
pub fn draw() -> Result<&'static str> {
    for source in CHECKED {
        if let Some(circle) = circle(&source::modules(&root().join(source))?) {
            bail!("{source}: {} use each other in a circle; move what they share below both", circle.join(", "));
        }
    }
    fs::write(root().join(PICTURE), picture()?).with_context(|| format!("{PICTURE} cannot be written"))?;
    Ok(PICTURE)
}

fn picture() -> Result<String> {
    let houses = HOUSES.iter().map(|house| {
        let rooms = rooms(&source::modules(&root().join(house.source))?, house.opened);
        match circle(&rooms) {
            Some(circle) => bail!("{}: the rooms {} use each other in a circle", house.name, circle.join(", ")),
            None => Ok((house.name, rooms)),
        }
    });
    Ok(picture::svg(&houses.collect::<Result<Vec<_>>>()?))
}

/// The rooms in which the modules lie, and which of them use which.
fn rooms(modules: &Arrows, opened: &[&str]) -> Arrows {
    let room = |module: &str| {
        let parts: Vec<&str> = module.split("::").collect();
        let depth = parts.iter().take_while(|part| opened.contains(part)).count();
        parts[..parts.len().min(depth + 1)].join("::")
    };
    let mut rooms = Arrows::new();
    for (module, used) in modules.iter().filter(|(module, _)| !module.is_empty()) {
        let from = room(module);
        let used = used.iter().filter(|used| !used.is_empty()).map(|used| room(used)).filter(|to| *to != from);
        // A room's front declares what its files share.
        let used: Vec<String> = used.filter(|to| !encloses(to, &from)).collect();
        rooms.entry(from).or_default().extend(used);
    }
    // A front that only says which rooms there are is none.
    let is_front = |room: &str| room.split("::").last().is_some_and(|name| opened.contains(&name));
    rooms.retain(|room, used| !(is_front(room) && used.is_empty()));
    rooms
}

/// Whether the module `inner` lies in the module `outer`.
fn encloses(outer: &str, inner: &str) -> bool {
    outer.is_empty() || inner.starts_with(&format!("{outer}::"))
}

/// The modules of a circle, if there is one. That a module uses what encloses it is no part of one: a room's front
/// wires what lies in it and declares what its files share.
fn circle(modules: &Arrows) -> Option<Vec<String>> {
    let mut left: Arrows = modules
        .iter()
        .map(|(from, used)| (from.clone(), used.iter().filter(|to| !encloses(to, from)).cloned().collect()))
        .collect();
    // Whoever uses nobody that is left is in no circle.
    loop {
        let free: Vec<String> = left
            .iter()
            .filter(|(_, used)| used.iter().all(|to| !left.contains_key(to)))
            .map(|(from, _)| from.clone())
            .collect();
        if free.is_empty() {
            break;
        }
        free.iter().for_each(|module| drop(left.remove(module)));
    }
    // Whoever is left leads into one: go on until a module comes again.
    let mut path: Vec<String> = vec![left.keys().next()?.clone()];
    loop {
        let next = left[path.last()?].iter().find(|to| left.contains_key(*to))?.clone();
        if let Some(first) = path.iter().position(|module| *module == next) {
            return Some(path.split_off(first));
        }
        path.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrows(text: &str) -> Arrows {
        let mut arrows = Arrows::new();
        for (from, to) in text.split(", ").filter_map(|arrow| arrow.split_once(" > ")) {
            arrows.entry(from.into()).or_default().insert(to.into());
            arrows.entry(to.into()).or_default();
        }
        arrows
    }

    #[test]
    fn no_module_uses_another_in_a_circle() {
        for source in CHECKED {
            let modules = source::modules(&root().join(source)).unwrap();
            assert!(modules.len() > 2, "{source}");
            assert_eq!(circle(&modules), None, "{source}");
        }
    }

    #[test]
    fn the_picture_of_the_rooms_is_of_today() {
        let drawn = fs::read_to_string(root().join(PICTURE)).unwrap();
        assert!(drawn == picture().unwrap(), "draw it anew with `cargo xtask rooms`");
    }

    #[test]
    fn a_circle_is_found_and_what_leads_to_it_is_not_in_it() {
        assert_eq!(circle(&arrows("a > b, b > c")), None);
        assert_eq!(circle(&arrows("a > b, b > c, c > b, c > d")), Some(vec!["b".into(), "c".into()]));
    }

    #[test]
    fn a_room_may_use_what_encloses_it_and_be_wired_by_it() {
        assert_eq!(circle(&arrows("a > a::b, a::b > a")), None);
        assert!(circle(&arrows("a::b > a::c, a::c > a::b")).is_some());
    }

    #[test]
    fn modules_are_shown_as_the_rooms_in_which_they_lie() {
        let deep = "hall > hall::a, hall::a::deep > hall::b::deep, hall::a > hall, hall::b::deep > cellar::d";
        let shown = rooms(&arrows(deep), &["hall"]);
        assert_eq!(shown, arrows("hall > hall::a, hall::a > hall::b, hall::b > cellar"));
    }

    #[test]
    fn no_room_uses_another_in_a_circle() {
        for house in HOUSES {
            let rooms = rooms(&source::modules(&root().join(house.source)).unwrap(), house.opened);
            assert_eq!(circle(&rooms), None, "{}", house.name);
        }
    }
}
