//! A guest is a player more, by a row in the table: it has parameters, and a strip on the panel.

use continuo::editor::panel::SIZE;
use continuo::editor::view::View;
use continuo_models::Player;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable;
use nice_plug::params::Params;

use crate::host::Host;
use crate::whole_panel;

#[test]
fn the_guest_has_parameters_in_a_group_of_its_name() {
    let (host, _) = Host::new();
    let of_clave: Vec<(String, String)> = host
        .params()
        .param_map()
        .into_iter()
        .filter(|(id, ..)| id.starts_with("clave_"))
        .map(|(id, _, group)| (id, group))
        .collect();
    let expected = ["clave_on", "clave_density", "clave_channel"].map(|id| (id.to_owned(), "Clave".to_owned()));
    assert_eq!(of_clave, expected, "sticks have no register");
    assert_eq!(host.params().controls().player(Player::Clave).channel, 10);
}

#[test]
fn the_guest_has_a_strip_that_switches_it_and_all_strips_lie_side_by_side_on_the_panel() {
    let (host, mut harness) = whole_panel(View::default(), 1.0);
    harness.get_by_role_and_label(Role::Switch, "Clave on").click();
    harness.run();
    assert!(!host.params().controls().player(Player::Clave).on);
    let mut right = 0.0;
    for player in Player::ALL {
        let name = player.kind().name;
        let head = harness.get_by_role_and_label(Role::Switch, &format!("{name} on")).rect();
        assert!(head.left() > right && head.right() < SIZE.x, "{name}: {head}");
        right = head.right();
        for what in ["density", "register", "channel"] {
            let label = format!("{name} {what}");
            let control = harness.query_by_label(&label);
            assert_eq!(control.is_some(), what != "register" || player.kind().has_pitches, "{name} {what}");
            let lies_in = |rect: egui::Rect| head.x_range().contains(rect.left()) && rect.right() <= head.right();
            assert!(control.is_none_or(|control| lies_in(control.rect())), "{name} {what}");
        }
    }
}
