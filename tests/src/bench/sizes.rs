//! The size of what is shipped.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use continuo_models::{Family, Role};

use super::Plugins;
use super::table::Measurement;

/// Measures the networks' files and the stripped plug-in.
///
/// # Errors
/// If one is not there.
pub fn measure(plugins: &Plugins) -> Result<Vec<Measurement>> {
    let megabytes = |path: &Path| -> Result<f64> {
        let size = fs::metadata(path).with_context(|| format!("{} could not be read", path.display()))?.len();
        Ok(size as f64 / 1e6)
    };
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let files = Family::ALL.iter().flat_map(|family| Role::ALL.map(|role| (family, role)));
    let mut measurements = files
        .map(|(family, role)| {
            let size = megabytes(&models.join(family.folder_of(role)).join(format!("{role}.onnx")))?;
            Ok(Measurement::new(format!("{}: {role}.onnx", family.name()), "MB", size))
        })
        .collect::<Result<Vec<_>>>()?;
    measurements.push(
        Measurement::new("stripped plug-in", "MB", megabytes(&plugins.continuo)?)
            .against(megabytes(&plugins.passthrough)?),
    );
    Ok(measurements)
}
