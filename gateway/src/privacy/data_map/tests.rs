use super::*;

const GUIDE: &str = include_str!("../../../../docs/guide/regulation.md");

/// The columns of a class, for people.
fn of_class(table: &Table, class: Class) -> Option<String> {
    let columns = table.columns.iter().chain(table.sqlite).chain(table.postgres);
    let names: std::collections::BTreeSet<&str> =
        columns.filter(|column| column.class == class).map(|column| column.name).collect();
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("{}: {}", class.name(), names.join(", ")))
}

fn map() -> String {
    let classes = [Class::Sealed, Class::Text, Class::Pseudonym, Class::Record, Class::Secret, Class::Operation];
    let line = |table: &Table| {
        let columns: Vec<String> = classes.iter().filter_map(|class| of_class(table, *class)).collect();
        let erased = if table.erasure == Erasure::Deleted { "deleted" } else { "stays" };
        format!("| `{}` | {} | {} | {erased} |\n", table.name, table.about, columns.join("; "))
    };
    let lines: String = users::TABLES.iter().map(line).collect();
    format!("| table | what it has | columns | erased |\n|---|---|---|---|\n{lines}")
}

#[test]
fn the_guide_has_this_map() {
    let (_, rest) = GUIDE.split_once("<!-- data map -->\n").unwrap();
    let (shown, _) = rest.split_once("<!-- end of the data map -->").unwrap();
    assert!(shown == map(), "put this into docs/guide/regulation.md:\n{}", map());
    for table in operator::TABLES {
        assert!(GUIDE.contains(&format!("`{}`", table.name)), "{}", table.name);
    }
}

#[test]
fn a_name_is_there_once() {
    let mut names: Vec<&str> = tables().map(|table| table.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    for table in tables() {
        let mut columns: Vec<&str> = table.columns.iter().chain(table.sqlite).map(|column| column.name).collect();
        columns.sort_unstable();
        let count = columns.len();
        columns.dedup();
        assert_eq!(columns.len(), count, "{}", table.name);
    }
}
