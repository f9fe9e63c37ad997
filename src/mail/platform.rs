//! Mail platforms and the records that each asks for: one table, one YAML file a platform.
//!
//! The files are text here; whoever reads zone files reads them by the same rules.

/// A preset's name and the text of its file.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// What a zone file calls it.
    pub name: &'static str,
    /// YAML, in the form of one side of a zone file.
    pub text: &'static str,
}

/// Every platform known.
pub const PRESETS: &[Preset] = &[
    Preset { name: "exchange-onprem", text: include_str!("platform/exchange-onprem.yaml") },
    Preset { name: "google-workspace", text: include_str!("platform/google-workspace.yaml") },
    Preset { name: "microsoft-365", text: include_str!("platform/microsoft-365.yaml") },
    Preset { name: "self-hosted", text: include_str!("platform/self-hosted.yaml") },
];

/// Looks a platform up by its name.
pub fn preset(name: &str) -> Option<Preset> {
    PRESETS.iter().copied().find(|preset| preset.name == name)
}
