//! What is done on the panel is undone and done again.

use std::sync::Arc;

use continuo::editor::fulfil;
use continuo::editor::panel;
use continuo::editor::undo::{STEPS, Slot, Undo};
use continuo::editor::view::View;
use continuo::params::controllers::Learnt;
use continuo::params::{ContinuoParams, number};
use continuo::presets::library::library;
use continuo::presets::locks::Locks;
use continuo::presets::{self, Preset};
use continuo::seam::Shared;
use egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use nice_plug::context::gui::GuiContext;
use nice_plug::params::Params;
use nice_plug::params::internals::ParamPtr;
use proptest::prelude::*;

use crate::builder;
use crate::host::{Host, Step};

/// A host, what is undone in it, and the way of the panel.
struct Desk {
    host: Arc<Host>,
    undo: Arc<Undo>,
    shared: Arc<Shared>,
    gui: GuiContext,
}

/// All that is set.
type Setting = (Vec<f32>, continuo::scenes::Snapshots, Locks, Option<Preset>);

impl Desk {
    fn new() -> Self {
        let (host, gui) = Host::new();
        let shared = Shared::new();
        let undo = Undo::new(host.shared_params(), Arc::clone(&shared));
        let gui = undo.context(gui);
        Self { host, undo, shared, gui }
    }

    fn params(&self) -> &ContinuoParams {
        self.host.params()
    }

    /// What is done in one drawing of the panel.
    fn draw(&self, act: impl FnOnce(&Self)) {
        self.undo.begin(0);
        act(self);
        self.undo.end();
    }

    /// Turns the parameter `id`, in one gesture.
    fn turn(&self, id: &str, value: f32) {
        self.draw(|desk| {
            let map = desk.params().param_map();
            let (_, param, _) = map.into_iter().find(|(known, ..)| known == id).expect("a parameter");
            // SAFETY: the parameter lives as long as the host.
            unsafe {
                desk.gui.raw_begin_set_parameter(param);
                desk.gui.raw_set_parameter_normalized(param, value);
                desk.gui.raw_end_set_parameter(param);
            }
        });
    }

    fn load(&self, preset: &Preset) {
        self.draw(|desk| desk.params().load(preset, &desk.gui.param_setter()));
    }

    fn setting(&self) -> Setting {
        // As exactly as a value passes through its range and back.
        // SAFETY: the parameters live as long as the host.
        let value =
            |(_, param, _): (String, ParamPtr, String)| unsafe { (param.unmodulated_normalized_value() * 1e5).round() };
        let params = self.params();
        let values = params.param_map().into_iter().map(value).collect();
        (values, params.scenes.snapshots(), params.presets.locks(), params.presets.current())
    }
}

#[test]
fn a_preset_with_its_scenes_is_one_step_for_us_and_for_the_host() {
    let desk = Desk::new();
    let before = desk.setting();
    desk.load(presets::factory().iter().rfind(|preset| preset.has_scenes()).unwrap());
    let after = desk.setting();
    assert!(before != after && after.1.iter().any(Option::is_some));
    desk.host.take_steps();
    desk.undo.undo();
    assert_eq!(desk.setting(), before);
    let steps = desk.host.take_steps();
    let begun = steps.iter().take_while(|step| matches!(step, Step::Begin(_))).count();
    assert_eq!(3 * begun, steps.len(), "{steps:?}");
    desk.undo.redo();
    assert_eq!(desk.setting(), after);
}

#[test]
fn scenes_and_locks_are_steps_too() {
    let desk = Desk::new();
    let before = desk.setting();
    desk.draw(|desk| desk.params().scenes.store(2, Some(desk.params().controls())));
    desk.draw(|desk| desk.params().presets.set_locks(Locks { key: true, ..Locks::default() }));
    assert_eq!(desk.undo.steps().back, 2);
    desk.undo.undo();
    assert_eq!(desk.params().presets.locks(), Locks::default());
    assert!(desk.params().scenes.snapshots()[2].is_some());
    desk.undo.undo();
    assert_eq!(desk.setting(), before);
}

#[test]
fn what_is_set_while_a_knob_is_held_is_one_step_with_it() {
    let desk = Desk::new();
    let before = desk.setting();
    let swing = desk.params().param_map().into_iter().find(|(id, ..)| id == "swing").expect("a parameter").1;
    // SAFETY: the parameter lives as long as the host.
    unsafe {
        desk.draw(|desk| desk.gui.raw_begin_set_parameter(swing));
        desk.draw(|desk| desk.params().presets.set_locks(Locks { key: true, ..Locks::default() }));
        desk.draw(|desk| desk.gui.raw_set_parameter_normalized(swing, 0.5));
        desk.draw(|desk| desk.gui.raw_end_set_parameter(swing));
    }
    assert_eq!(desk.undo.steps().back, 1);
    desk.undo.undo();
    assert_eq!(desk.setting(), before);
}

#[test]
fn the_host_is_told_of_what_is_no_parameter_and_when_that_is_undone_and_of_parameters_it_hears_itself() {
    let desk = Desk::new();
    let told = |act: &dyn Fn(&Desk)| {
        act(&desk);
        desk.shared.unsaved.take()
    };
    assert!(!told(&|desk| desk.turn("swing", 0.5)));
    assert!(told(&|desk| desk.draw(|desk| desk.params().scenes.store(2, Some(desk.params().controls())))));
    assert!(!told(&|desk| desk.draw(|_| {})));
    assert!(told(&|desk| desk.undo.undo()));
    assert!(told(&|desk| desk.undo.redo()));
    assert!(told(&|desk| desk.load(&presets::factory()[1])), "which one it was is saved too");
}

#[test]
fn the_number_of_a_preset_is_a_step_too() {
    let desk = Desk::new();
    let mut own = Preset::default();
    own.name = "Mine".into();
    desk.draw(|desk| assert!(desk.params().bank.give_number(&own).is_some()));
    desk.undo.undo();
    assert_eq!(desk.params().bank.number_at(&own), None);
    desk.undo.redo();
    assert!(desk.params().bank.number_at(&own).is_some());
}

#[test]
fn learnt_controllers_are_steps_too() {
    let desk = Desk::new();
    let learnt = |controller| Learnt { channel: None, controller, moves: "swing".into() };
    for controller in [20, 21] {
        desk.draw(|desk| assert!(desk.params().controllers.learn(learnt(controller))));
    }
    desk.draw(|desk| desk.params().controllers.forget_all());
    for expected in [vec![learnt(20), learnt(21)], vec![learnt(20)], vec![]] {
        desk.undo.undo();
        assert_eq!(desk.params().controllers.learnt(), expected);
    }
    (0..2).for_each(|_| desk.undo.redo());
    assert_eq!(desk.params().controllers.learnt(), [learnt(20), learnt(21)]);
}

#[test]
fn what_the_host_automates_and_what_is_pressed_for_a_moment_is_no_step() {
    let desk = Desk::new();
    desk.draw(|desk| desk.params().set(number("swing"), 0.75));
    for id in ["again", "again_new", "tap", "freeze", "cadence"] {
        desk.turn(id, 1.0);
    }
    assert_eq!(desk.undo.steps().back, 0);
    desk.turn("temperature", 0.1);
    desk.params().set(number("swing"), 0.25);
    desk.undo.undo();
    assert_eq!(desk.params().controls().swing, 0.25, "automation is left alone");
}

#[test]
fn a_new_step_forgets_what_was_undone_and_the_oldest_goes() {
    let desk = Desk::new();
    for n in 1..=STEPS + 8 {
        desk.turn(if n % 2 == 0 { "swing" } else { "follow" }, n as f32 / 64.0);
    }
    assert_eq!(desk.undo.steps().back, STEPS);
    (0..STEPS + 4).for_each(|_| desk.undo.undo());
    assert_eq!((desk.params().controls().swing, desk.params().controls().follow), (8.0 / 64.0, 7.0 / 64.0));
    assert_eq!((desk.undo.steps().back, desk.undo.steps().forth), (0, STEPS));
    desk.turn("swing", 1.0);
    assert_eq!((desk.undo.steps().back, desk.undo.steps().forth), (1, 0));
}

#[test]
fn notches_of_a_wheel_are_one_step_and_clicks_on_a_switch_are_not() {
    let desk = Desk::new();
    (1..=5).for_each(|n| desk.turn("swing", n as f32 / 10.0));
    assert_eq!(desk.undo.steps().back, 1);
    [0.0, 1.0, 0.0].iter().for_each(|on| desk.turn("bass_on", *on));
    assert_eq!(desk.undo.steps().back, 4);
    (0..4).for_each(|_| desk.undo.undo());
    assert_eq!(desk.params().controls(), Default::default());
}

#[test]
fn while_something_is_held_nothing_is_undone() {
    let desk = Desk::new();
    desk.turn("swing", 0.5);
    let map = desk.params().param_map();
    let (_, param, _) = map.into_iter().find(|(id, ..)| id == "follow").unwrap();
    // SAFETY: the parameter lives as long as the host.
    unsafe {
        desk.draw(|desk| desk.gui.raw_begin_set_parameter(param));
        desk.draw(|desk| desk.gui.raw_set_parameter_normalized(param, 0.1));
        desk.undo.undo();
        assert_eq!(desk.params().controls().swing, 0.5);
        desk.draw(|desk| desk.gui.raw_set_parameter_normalized(param, 0.2));
        desk.draw(|desk| desk.gui.raw_end_set_parameter(param));
    }
    assert_eq!(desk.undo.steps().back, 2, "a drag over several drawings is one step");
    desk.undo.undo();
    assert_eq!((desk.params().controls().follow, desk.params().controls().swing), (0.7, 0.5));
}

#[test]
fn two_settings_are_compared_and_one_is_copied_to_the_other() {
    let desk = Desk::new();
    desk.turn("swing", 0.5);
    let a = desk.setting();
    desk.undo.compare(Slot::B);
    assert_eq!((desk.setting(), desk.undo.steps().slot), (a.clone(), Slot::B), "at first the other is the same");
    desk.load(&presets::factory()[4]);
    let b = desk.setting();
    desk.undo.compare(Slot::A);
    assert_eq!((desk.setting(), desk.undo.steps().slot), (a.clone(), Slot::A));
    desk.undo.compare(Slot::B);
    assert_eq!(desk.setting(), b);
    desk.undo.undo();
    assert_eq!((desk.setting(), desk.undo.steps().slot), (a.clone(), Slot::A), "to switch is a step");
    desk.draw(|desk| desk.params().presets.set_locks(Locks { key: true, ..Locks::default() }));
    desk.undo.compare(Slot::B);
    assert!(desk.params().presets.locks().key, "locks are of both");
    (0..2).for_each(|_| desk.undo.undo());
    desk.undo.copy();
    desk.undo.compare(Slot::B);
    assert_eq!(desk.setting(), a);
    desk.undo.undo();
    desk.undo.undo();
    desk.undo.compare(Slot::B);
    assert_eq!(desk.setting(), b, "the copy was undone");
}

#[test]
fn another_project_has_other_steps() {
    let desk = Desk::new();
    desk.turn("swing", 0.5);
    desk.undo.compare(Slot::B);
    desk.undo.begin(1);
    desk.undo.end();
    assert_eq!(desk.undo.steps(), Default::default());
    desk.undo.undo();
    assert_eq!(desk.params().controls().swing, 0.5);
}

/// Something that is done on the panel.
#[derive(Clone, Debug)]
enum Deed {
    Turn(usize, f32),
    Load(usize),
    Store(usize),
    Lock(bool),
    Compare,
    Copy,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0..64usize, 0.0f32..=1.0).prop_map(|(which, value)| Deed::Turn(which, value)),
        2 => (0..presets::factory().len()).prop_map(Deed::Load),
        1 => (0..8usize).prop_map(Deed::Store),
        1 => any::<bool>().prop_map(Deed::Lock),
        1 => Just(Deed::Compare),
        1 => Just(Deed::Copy),
    ]
}

impl Desk {
    fn make(&self, deed: &Deed) {
        match deed {
            Deed::Turn(which, value) => {
                let map = self.params().param_map();
                self.turn(&map[which % map.len()].0, *value);
            }
            Deed::Load(index) => self.load(&presets::factory()[*index]),
            Deed::Store(index) => self.draw(|desk| desk.params().scenes.store(*index, Some(desk.params().controls()))),
            Deed::Lock(style) => {
                self.draw(|desk| desk.params().presets.set_locks(Locks { style: *style, ..Locks::default() }));
            }
            Deed::Compare => self.undo.compare(if self.undo.steps().slot == Slot::A { Slot::B } else { Slot::A }),
            Deed::Copy => self.undo.copy(),
        }
    }

    /// The setting but for what is pressed for a moment.
    fn lasting(&self) -> Setting {
        let (mut values, scenes, locks, current) = self.setting();
        for (value, (id, ..)) in values.iter_mut().zip(self.params().param_map()) {
            if ["again", "again_new", "tap", "freeze", "cadence"].contains(&id.as_str()) {
                *value = 0.0;
            }
        }
        let scenes = scenes.map(|scene| scene.map(|scene| scene.at_the_moment_of(&Default::default())));
        (values, scenes, locks, current)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn undone_is_as_before_and_done_again_as_after(deeds in prop::collection::vec(deed(), 1..12)) {
        let desk = Desk::new();
        let mut settings = vec![(0, desk.lasting())];
        for deed in &deeds {
            desk.make(deed);
            let now = (desk.undo.steps().back, desk.lasting());
            // What goes on with the last step belongs to it.
            let is_new = now.0 > settings.last().unwrap().0;
            if !is_new && settings.len() > 1 {
                settings.pop();
            }
            if is_new || settings.len() == now.0 {
                settings.push(now);
            }
        }
        for (_, before) in settings.iter().rev().skip(1) {
            desk.undo.undo();
            prop_assert!(desk.lasting() == *before);
        }
        for (_, after) in &settings[1..] {
            desk.undo.redo();
            prop_assert!(desk.lasting() == *after);
        }
    }
}

/// The whole panel, with what undoes its steps.
fn whole_panel() -> (Arc<Host>, Harness<'static>) {
    let desk = Desk::new();
    let host = Arc::clone(&desk.host);
    let (shared, params) = (Shared::new(), desk.host.shared_params());
    let harness = builder(panel::SIZE, 1.0).build_ui(move |ui| {
        let view = View { steps: desk.undo.steps(), ..View::default() };
        desk.undo.begin(0);
        let request = panel::show(ui, &params, &desk.gui.param_setter(), &view);
        desk.undo.end();
        if let Some(request) = request {
            fulfil(request, &shared, &desk.undo, library());
        }
    });
    (host, harness)
}

#[test]
fn buttons_and_keys_undo_and_do_again() {
    let (host, mut harness) = whole_panel();
    let swing = || host.params().controls().swing;
    let at = harness.get_by_label("Swing").rect().center();
    harness.drag_at(at);
    harness.run();
    for n in 1..=5 {
        harness.hover_at(at - vec2(0.0, 10.0 * n as f32));
        harness.step();
    }
    harness.drop_at(at - vec2(0.0, 50.0));
    harness.run();
    let turned = swing();
    assert!(turned > 0.1);
    harness.get_by_label("Undo").click();
    harness.run();
    assert_eq!(swing(), 0.0, "a drag is one step");
    harness.key_press_modifiers(Modifiers { shift: true, ..Modifiers::COMMAND }, Key::Z);
    harness.run();
    assert_eq!(swing(), turned);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run();
    assert_eq!(swing(), 0.0);
}

#[test]
fn init_is_as_at_the_beginning_and_a_step() {
    let (host, mut harness) = whole_panel();
    harness.get_by_label("Bass on").click();
    harness.run();
    let turned = host.params().controls();
    harness.get_by_label("Init").click();
    harness.run();
    assert_eq!(host.params().controls(), Default::default());
    harness.get_by_label("Undo").click();
    harness.run();
    assert_eq!(host.params().controls(), turned);
}
