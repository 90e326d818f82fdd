//! What the program tells the musician: on the terminal and, once there is one, in the panel.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use continuo::seam::Shared;

use super::log;

/// What was told, and who shows it.
#[derive(Default)]
struct Told {
    panel: Option<Arc<Shared>>,
    before: Vec<String>,
}

static TOLD: LazyLock<Mutex<Told>> = LazyLock::new(Mutex::default);

fn told() -> MutexGuard<'static, Told> {
    TOLD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Never on the audio thread: says `text` on the terminal alone, because the panel shows it anyway.
pub fn mention(text: &str) {
    if !text.is_empty() {
        log::say(&format!("Continuo: {text}"));
    }
}

/// Never on the audio thread: tells `text`, on the terminal and in the panel.
pub fn tell(text: &str) {
    mention(text);
    show(text);
}

/// Never on the audio thread: tells `text` in the panel alone.
pub fn show(text: &str) {
    if text.is_empty() {
        return;
    }
    let mut told = told();
    match &told.panel {
        Some(panel) => panel.notify(text),
        None => told.before.push(text.to_owned()),
    }
}

/// Shows in the panel of `shared` what was told and will be.
pub fn show_in(shared: &Arc<Shared>) {
    let mut told = told();
    told.before.drain(..).for_each(|text| shared.notify(text));
    told.panel = Some(Arc::clone(shared));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_before_and_after_the_panel_is_there_is_in_it() {
        let shared = Shared::new();
        tell("before");
        show_in(&shared);
        tell("after");
        let texts: Vec<String> = shared.notices().into_iter().map(|notice| notice.text).collect();
        let of_this_test = |text: &&String| ["before", "after"].contains(&text.as_str());
        assert_eq!(texts.iter().filter(of_this_test).collect::<Vec<_>>(), ["before", "after"]);
    }
}
