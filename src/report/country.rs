//! Countries' names, of those where operators of known resolvers are at home.

/// By ISO 3166; a test finds a country of the list of resolvers that is not here.
const NAMES: [(&str, &str); 19] = [
    ("CA", "Canada"),
    ("CH", "Switzerland"),
    ("CN", "China"),
    ("CY", "Cyprus"),
    ("CZ", "Czechia"),
    ("DE", "Germany"),
    ("DK", "Denmark"),
    ("FR", "France"),
    ("GB", "United Kingdom"),
    ("GR", "Greece"),
    ("ID", "Indonesia"),
    ("JP", "Japan"),
    ("LU", "Luxembourg"),
    ("NL", "Netherlands"),
    ("NZ", "New Zealand"),
    ("RU", "Russia"),
    ("SE", "Sweden"),
    ("TW", "Taiwan"),
    ("US", "United States"),
];

/// The name of a country; one that is not known goes by its two letters.
pub fn country(code: &str) -> &str {
    NAMES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Public;

    #[test]
    fn every_country_of_the_list_has_a_name() {
        let all = Public::all();
        assert!(!all.is_empty());
        let bare: Vec<_> = all.iter().filter(|one| country(&one.country).len() == 2).collect();
        assert!(bare.is_empty(), "{bare:?}");
        assert_eq!(country("AQ"), "AQ");
    }
}
