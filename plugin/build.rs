//! Linker arguments of the plug-in's library, and of the one that tests load (`tests/faults`).

fn main() {
    // Of both packages; a change of this file counts anyway.
    println!("cargo::rerun-if-changed=Cargo.toml");
    // Hosts unload a plug-in's library when its last instance goes. Threads of the host that have processed it still
    // hold its thread-local state, and would clean it up, at their end, with code that is no longer there. So it stays.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
        // The VST3 wrapper tells the error stream of each instance's audio ports; this is what it tells it with, under
        // both of its names (`vst3_entry.rs`).
        println!("cargo::rustc-cdylib-link-arg=-Wl,--wrap=fprintf");
        println!("cargo::rustc-cdylib-link-arg=-Wl,--wrap=__fprintf_chk");
    }
}
