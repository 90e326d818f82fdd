//! What is declared of the controls, through the parameters and back.

use continuo::params::ContinuoParams;
use continuo_models::controls::parameter::{Kind, Parameter};
use continuo_models::controls::{PARAMETERS, PLAYER_PARAMETERS};
use continuo_models::{Controls, Player};
use proptest::prelude::*;

use crate::host::Host;

/// What `controls` become when the parameters of a fresh host are turned to them.
fn through_a_host(controls: &Controls) -> Controls {
    let (host, gui) = Host::new();
    host.params().changes_to(controls).make(&gui.param_setter());
    host.params().controls()
}

/// How far hosts may round the values of `parameter`.
fn rounding<C>(parameter: &Parameter<C>) -> f64 {
    match parameter.about.kind {
        Kind::Number { step: Some(step), .. } => f64::from(step) * 0.501,
        _ => 0.0,
    }
}

prop_compose! {
    /// Controls with any value that each parameter may have. What is called for at the moment is never adopted.
    fn controls()(
        shares in prop::collection::vec(0.0f64..=1.0, PARAMETERS.len() + Player::COUNT * PLAYER_PARAMETERS.len())
    ) -> Controls {
        fn put<C: Default>(parameter: &Parameter<C>, controls: &mut C, share: f64) {
            let (least, most) = parameter.about.kind.range();
            let value = least + share * (most - least);
            let is_number = matches!(parameter.about.kind, Kind::Number { .. });
            parameter.put(controls, if is_number { value } else { value.round() });
        }
        let (params, mut controls, mut shares) = (ContinuoParams::default(), Controls::default(), shares.into_iter());
        let steady = PARAMETERS.iter().filter(|parameter| !parameter.momentary);
        steady.zip(&mut shares).for_each(|(parameter, share)| put(parameter, &mut controls, share));
        for (player, own) in controls.players.iter_mut() {
            let has = |parameter: &&Parameter<_>| params.player(player, parameter.about.id).is_some();
            let parameters = PLAYER_PARAMETERS.iter().filter(has);
            parameters.zip(&mut shares).for_each(|(parameter, share)| put(parameter, own, share));
        }
        controls
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn controls_come_back_from_the_parameters_as_they_were(wanted in controls()) {
        let got = through_a_host(&wanted);
        for parameter in PARAMETERS {
            let (wanted, got) = (parameter.of(&wanted), parameter.of(&got));
            prop_assert!((wanted - got).abs() <= rounding(parameter), "{}: {wanted}, {got}", parameter.about.id);
        }
        prop_assert_eq!(got.players, wanted.players);
        prop_assert_eq!(through_a_host(&got), got, "what hosts have rounded stays");
    }
}

#[test]
fn what_is_called_for_at_the_moment_is_not_adopted() {
    let ending = Controls { cadence: true, freeze: true, temperature: 1.5, ..Controls::default() };
    assert_eq!(through_a_host(&ending), Controls { temperature: 1.5, ..Controls::default() });
}
