//! Mail platforms and the records that each asks for: one table, one YAML file a platform.
//!
//! The files are text here; whoever reads zone files reads them by the same rules.

/// A preset's name and the text of its file.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// What a zone file calls it.
    pub name: &'static str,
    /// YAML: where the facts are from, and one side of a zone file, with blanks for settings.
    pub text: &'static str,
}

impl Preset {
    /// The last day of a platform that ends, such as `2027-03-31`.
    pub fn ends(&self) -> Option<&'static str> {
        self.text.lines().find_map(|line| line.strip_prefix("ends: "))
    }
}

/// Every platform known, in the order of names.
pub const PRESETS: &[Preset] = &[
    Preset { name: "bystar-qmail", text: include_str!("platform/bystar-qmail.yaml") },
    Preset { name: "exchange-onprem", text: include_str!("platform/exchange-onprem.yaml") },
    Preset { name: "fastmail", text: include_str!("platform/fastmail.yaml") },
    Preset { name: "google-workspace", text: include_str!("platform/google-workspace.yaml") },
    Preset { name: "icloud", text: include_str!("platform/icloud.yaml") },
    Preset { name: "mailbox-org", text: include_str!("platform/mailbox-org.yaml") },
    Preset { name: "mailcow", text: include_str!("platform/mailcow.yaml") },
    Preset { name: "mailinabox", text: include_str!("platform/mailinabox.yaml") },
    Preset { name: "microsoft-365", text: include_str!("platform/microsoft-365.yaml") },
    Preset { name: "microsoft-365-dane", text: include_str!("platform/microsoft-365-dane.yaml") },
    Preset { name: "migadu", text: include_str!("platform/migadu.yaml") },
    Preset { name: "mox", text: include_str!("platform/mox.yaml") },
    Preset { name: "proton", text: include_str!("platform/proton.yaml") },
    Preset { name: "rackspace", text: include_str!("platform/rackspace.yaml") },
    Preset { name: "self-hosted", text: include_str!("platform/self-hosted.yaml") },
    Preset { name: "stalwart", text: include_str!("platform/stalwart.yaml") },
    Preset { name: "workmail", text: include_str!("platform/workmail.yaml") },
    Preset { name: "yandex-360", text: include_str!("platform/yandex-360.yaml") },
    Preset { name: "zoho", text: include_str!("platform/zoho.yaml") },
];

/// Looks a platform up by its name.
pub fn preset(name: &str) -> Option<Preset> {
    PRESETS.iter().copied().find(|preset| preset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_in_the_table_in_order() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/mail/platform");
        let files = std::fs::read_dir(folder).unwrap();
        let files = files.map(|file| file.unwrap().path());
        let mut files: Vec<_> = files.map(|path| path.with_extension("")).collect();
        files.sort();
        let names = files.iter().map(|path| path.file_name().unwrap().to_str().unwrap());
        assert!(names.eq(PRESETS.iter().map(|preset| preset.name)));
    }
}
