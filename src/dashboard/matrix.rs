//! Who says what: name servers first, then resolvers by country.

use super::scene::ZoneScene;
use crate::report::{When, country, text};
use crate::run::Verdict;
use crate::watch::{Cell, Kind, Matrix, Row, count};
use maud::{Markup, html};

/// The table without its lines, which are parts of their own.
pub(super) fn matrix(zone: &ZoneScene) -> Markup {
    let Some(matrix) = &zone.matrix else {
        return html! {
            section #matrix { h2 { "Who has what" } p { "Nobody has been asked yet." } }
        };
    };
    html! {
        section #matrix aria-labelledby="matrix-head" {
            h2 #matrix-head { "Who has what" }
            p.legend {
                "● new ○ old ◐ mixed ! alarm × neither ? no answer · not asked yet"
                @if matrix.rows.iter().any(|row| row.filters) {
                    " " (text::FILTERS) " " (text::FILTERS_LEGEND)
                }
            }
            div.scroll tabindex="0" role="group" aria-labelledby="matrix-head" {
                table {
                    thead {
                        tr {
                            th scope="col" { "server" }
                            @for target in &matrix.targets {
                                th scope="col" {
                                    (target.key.owner.relative_to(&matrix.zone)) " "
                                    (target.key.rtype)
                                }
                            }
                        }
                    }
                    @for group in groups(matrix) {
                        tbody {
                            (heading(&group, matrix))
                            @for (at, row) in &group.rows {
                                (whole(*at, row, matrix, &zone.when()))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What the table is like apart from what its lines say: who is in it, about what.
pub(super) fn shape(zone: &ZoneScene) -> String {
    let rows = zone.matrix.iter().flat_map(|matrix| &matrix.rows).map(Row::who);
    let targets = zone.matrix.iter().flat_map(|matrix| &matrix.targets);
    rows.chain(targets.map(|target| target.key.to_string())).collect::<Vec<_>>().join("\n")
}

/// Lines that belong together: name servers, and resolvers by where their operators are at home.
struct Group<'a> {
    /// The element's name.
    id: String,
    title: &'a str,
    /// With their places among all.
    rows: Vec<(usize, &'a Row)>,
}

/// Name servers first, then countries by name, then those of whom nobody said.
fn groups(matrix: &Matrix) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (at, row) in matrix.rows.iter().enumerate() {
        let (id, title) = match (row.kind, row.country.as_deref()) {
            (Kind::Authoritative, _) => ("servers", "Name servers"),
            (Kind::Resolver, Some(code)) => (code, country(code)),
            (Kind::Resolver, None) => ("others", "Other resolvers"),
        };
        let id = format!("group-{id}");
        match groups.iter_mut().find(|group| group.id == id) {
            Some(group) => group.rows.push((at, row)),
            None => groups.push(Group { id, title, rows: vec![(at, row)] }),
        }
    }
    let place = |group: &Group<'_>| match group.id.as_str() {
        "group-servers" => 0,
        "group-others" => 2,
        _ => 1,
    };
    groups.sort_by_key(|group| (place(group), group.title));
    groups
}

/// What a group is, and how many of it have the new.
fn heading(group: &Group<'_>, matrix: &Matrix) -> Markup {
    let (new, all) = count(group.rows.iter().map(|(_, row)| *row));
    html! {
        tr.group id=(group.id) {
            th scope="rowgroup" colspan=(matrix.targets.len() + 1) {
                (group.title) ": "
                @if all == 0 { "no answer" } @else { (new) " of " (all) " have the new" }
            }
        }
    }
}

/// The lines of the table, each with the name by which an event finds it.
pub(super) fn lines(matrix: &Matrix, when: &When) -> Vec<(String, Markup)> {
    let mut lines = Vec::new();
    for group in groups(matrix) {
        lines.push((group.id.clone(), heading(&group, matrix)));
        let rows = group.rows.iter();
        lines.extend(rows.map(|(at, row)| (row_id(*at), whole(*at, row, matrix, when))));
    }
    lines
}

fn row_id(at: usize) -> String {
    format!("row-{at}")
}

fn whole(at: usize, row: &Row, matrix: &Matrix, when: &When) -> Markup {
    html! { tr id=(row_id(at)) { (line(row, matrix, when)) } }
}

fn line(row: &Row, matrix: &Matrix, when: &When) -> Markup {
    html! {
        th scope="row" class=(row.kind.name()) {
            (row.name)
            @if row.filters { " " span title=(text::FILTERS_LEGEND) { (text::FILTERS) } }
            small {
                @if row.place != row.name { " " (row.place) }
                @if let Some(operator) = operator(row) { " " (operator) }
            }
        }
        @for (cell, target) in row.cells.iter().zip(&matrix.targets) {
            td data-verdict=(cell.verdict.name())
                data-rrset={ (target.key.owner) " " (target.key.rtype) } title=[hint(cell, when)] {
                span.mark aria-hidden="true" { (text::mark(&cell.verdict)) } " "
                (told(&cell.verdict, when))
            }
        }
    }
}

/// Who runs it, unless its name says so.
fn operator(row: &Row) -> Option<&str> {
    row.operator.as_deref().filter(|operator| !operator.eq_ignore_ascii_case(&row.name))
}

/// The verdict in words, with the time of day at which it ends.
fn told(verdict: &Verdict, when: &When) -> Markup {
    html! {
        (text::word(verdict))
        @if let Some(until) = verdict.until() { " until " (super::parts::clock(until, when)) }
    }
}

fn hint(cell: &Cell, when: &When) -> Option<String> {
    let asked = cell.asked.map(|asked| format!("asked {}", when.clock(asked)));
    let why = match &cell.verdict {
        Verdict::Silent(why) => Some(why.clone()),
        _ => cell.left.map(|left| format!("{} s left by its own word", left.secs())),
    };
    let caches = (cell.caches > 1).then(|| format!("{} caches behind this address", cell.caches));
    let all: Vec<_> = [why, asked, caches].into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Name;
    use crate::plan::Timestamp;
    use crate::watch::Reach;

    fn row(name: &str, kind: Kind, country: Option<&str>) -> Row {
        Row {
            name: name.to_owned(),
            place: format!("{name}:53"),
            kind,
            country: country.map(str::to_owned),
            operator: Some(name.to_uppercase()),
            filters: name == "quad9",
            cells: Vec::new(),
        }
    }

    #[test]
    fn resolvers_stand_by_country() {
        let rows = [
            ("ns1", Kind::Authoritative, None),
            ("google", Kind::Resolver, Some("US")),
            ("own", Kind::Resolver, None),
            ("quad9", Kind::Resolver, Some("CH")),
            ("he", Kind::Resolver, Some("US")),
        ];
        let rows = rows.map(|(name, kind, country)| row(name, kind, country)).to_vec();
        let matrix = Matrix {
            zone: Name::root(),
            at: Timestamp::UNIX_EPOCH,
            targets: Vec::new(),
            rows,
            reach: Reach::Open,
            samples: 1,
        };
        let told: Vec<_> = groups(&matrix)
            .iter()
            .map(|group| {
                let names: Vec<_> = group.rows.iter().map(|(_, row)| row.name.as_str()).collect();
                format!("{}: {}", group.title, names.join(" "))
            })
            .collect();
        let expected = [
            "Name servers: ns1",
            "Switzerland: quad9",
            "United States: google he",
            "Other resolvers: own",
        ];
        assert_eq!(told, expected);
        // A place among all rows is the name by which events find a line.
        let when = When { now: matrix.at, zone: None };
        let ids: Vec<_> = lines(&matrix, &when).into_iter().map(|(id, _)| id).collect();
        let expected = "group-servers row-0 group-CH row-3 group-US row-1 row-4 group-others row-2";
        assert_eq!(ids.join(" "), expected);
        let line = line(&matrix.rows[3], &matrix, &when).into_string();
        assert!(line.contains("†") && line.contains("withholds"), "{line}");
        let line = super::line(&matrix.rows[4], &matrix, &when).into_string();
        assert!(!line.contains("†"), "{line}");
    }
}
