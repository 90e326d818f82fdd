//! The size of what is shipped.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

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
    Ok(vec![
        Measurement::new("harmonist.onnx", "MB", megabytes(&models.join("harmonist.onnx"))?),
        Measurement::new("soloist.onnx", "MB", megabytes(&models.join("soloist.onnx"))?),
        Measurement::new("stripped plug-in", "MB", megabytes(&plugins.continuo)?)
            .against(megabytes(&plugins.passthrough)?),
    ])
}
