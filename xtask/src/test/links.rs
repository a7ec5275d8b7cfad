//! Finds links in the Markdown files of the checkout that lead nowhere: to a file that isn't there, to a
//! heading that isn't there, or out of the book. Nothing is fetched, so other sites' pages are not looked at.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::Context;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::workspace::Workspace;

/// The list of a book's pages; its folder is the book's.
const SUMMARY: &str = "SUMMARY.md";
/// Folders that hold nothing of ours.
const NOT_OURS: [&str; 2] = ["target", "node_modules"];

/// What a look at all links gave.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: usize,
    pub(super) links: usize,
    pub(super) broken: Vec<Broken>,
}

/// A link that leads nowhere.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    file: PathBuf,
    link: String,
    reason: &'static str,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.file.display(), self.link, self.reason)
    }
}

/// What matters of a Markdown file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Page {
    links: Vec<String>,
    anchors: HashSet<String>,
}

/// Looks at every Markdown file of the checkout.
///
/// # Errors
/// When one can't be read.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Found> {
    check_folder(&workspace.path(""))
}

fn check_folder(root: &Path) -> anyhow::Result<Found> {
    let mut pages = BTreeMap::new();
    read_pages(root, Path::new(""), &mut pages)?;
    let mut found = Found { files: pages.len(), ..Found::default() };
    for (file, page) in &pages {
        for link in page.links.iter().filter(|link| is_ours(link)) {
            found.links += 1;
            if let Some(reason) = fault(root, file, link, &pages) {
                found.broken.push(Broken { file: file.clone(), link: link.clone(), reason });
            }
        }
    }
    for summary in pages.keys().filter(|file| file.ends_with(SUMMARY)) {
        found.broken.extend(unlisted(summary, &pages));
    }
    Ok(found)
}

/// Pages in a book's folder that its summary doesn't list: mdBook would leave them out.
fn unlisted(summary: &Path, pages: &BTreeMap<PathBuf, Page>) -> Vec<Broken> {
    let links = &pages[summary].links;
    let listed: HashSet<_> = links.iter().filter_map(|link| resolve(summary, link)).collect();
    let is_missing = |file: &&PathBuf| {
        file.as_path() != summary && book_of(file, pages) == summary.parent() && !listed.contains(*file)
    };
    let broken = |file: &PathBuf| Broken {
        file: summary.to_owned(),
        link: file.display().to_string(),
        reason: "is in the book's folder and not in its summary",
    };
    pages.keys().filter(is_missing).map(broken).collect()
}

/// The folder of the book that a file is a page of.
fn book_of<'a>(file: &'a Path, pages: &BTreeMap<PathBuf, Page>) -> Option<&'a Path> {
    file.ancestors().skip(1).find(|folder| pages.contains_key(&folder.join(SUMMARY)))
}

/// Why a link leads nowhere; `None` where it leads somewhere.
fn fault(root: &Path, file: &Path, link: &str, pages: &BTreeMap<PathBuf, Page>) -> Option<&'static str> {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let Some(target) = resolve(file, path) else { return Some("leaves the repository") };
    if !root.join(&target).exists() {
        return Some("there is no such file");
    }
    if book_of(file, pages).is_some_and(|book| !target.starts_with(book)) {
        return Some("leaves the book, whose readers don't have that file");
    }
    match pages.get(&target) {
        Some(page) if !anchor.is_empty() && !page.anchors.contains(anchor) => Some("there is no such heading"),
        _ => None,
    }
}

/// The file that a link names, from the root of the checkout; `None` where it leads out of it.
fn resolve(file: &Path, link: &str) -> Option<PathBuf> {
    let path = link.split('#').next().unwrap_or_default();
    if path.is_empty() {
        return Some(file.to_owned());
    }
    let mut target = file.parent()?.to_owned();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(name) => target.push(name),
            Component::ParentDir if target.pop() => {}
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(target)
}

/// Neither another site's, nor an address of another kind.
fn is_ours(link: &str) -> bool {
    !link.contains("://") && !link.starts_with("mailto:")
}

fn read_pages(root: &Path, folder: &Path, pages: &mut BTreeMap<PathBuf, Page>) -> anyhow::Result<()> {
    let place = root.join(folder);
    for entry in fs::read_dir(&place).with_context(|| format!("{} can't be read", place.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = folder.join(&name);
        if entry.file_type()?.is_dir() {
            if !name.starts_with('.') && !NOT_OURS.contains(&name.as_str()) {
                read_pages(root, &path, pages)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let text = fs::read_to_string(entry.path()).with_context(|| format!("{} can't be read", path.display()))?;
            pages.insert(path, Page::parse(&text));
        }
    }
    Ok(())
}

impl Page {
    fn parse(text: &str) -> Self {
        let mut page = Page::default();
        let mut heading: Option<(String, Option<String>)> = None;
        let options = Options::ENABLE_TABLES | Options::ENABLE_HEADING_ATTRIBUTES | Options::ENABLE_FOOTNOTES;
        for event in Parser::new_ext(text, options) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { id, .. }) => {
                    heading = Some((String::new(), id.map(|id| id.into_string())));
                }
                Event::Text(more) | Event::Code(more) => {
                    if let Some((title, _)) = &mut heading {
                        title.push_str(&more);
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    if let Some((title, id)) = heading.take() {
                        page.add_anchor(id.unwrap_or_else(|| anchor(&title)));
                    }
                }
                _ => {}
            }
        }
        page
    }

    /// The second heading of the same name gets `-1`, and so on.
    fn add_anchor(&mut self, anchor: String) {
        let numbered = (1..).map(|number| format!("{anchor}-{number}"));
        let free = std::iter::once(anchor.clone()).chain(numbered).find(|name| !self.anchors.contains(name));
        self.anchors.extend(free);
    }
}

/// The anchor of a heading, by the rule that GitHub and mdBook share.
fn anchor(title: &str) -> String {
    let keep = |letter: char| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        letter if letter.is_alphanumeric() => Some(letter),
        _ => None,
    };
    title.trim().to_lowercase().chars().filter_map(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken_in(files: &[(&str, &str)]) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        check_folder(root.path()).unwrap().broken.iter().map(Broken::to_string).collect()
    }

    #[test]
    fn links_to_files_headings_and_other_sites_are_fine() {
        let readme = "# Farthing\n[a](docs/money.md#exact-amounts) [b](#farthing) [c](https://example.com/x#y)\n\
                      ![d](docs/picture.svg) <mailto:a@example.com> [e]\n\n[e]: docs/../LICENSE\n";
        let money = "## Exact *amounts*\n[home](./index.md) [picture](picture.svg#any)";
        let index = "# Home";
        let summary = "- [Home](index.md)\n- [Money](money.md)";
        let files = [
            ("README.md", readme),
            ("docs/money.md", money),
            ("docs/index.md", index),
            ("docs/SUMMARY.md", summary),
            ("docs/picture.svg", ""),
            ("LICENSE", ""),
        ];
        assert_eq!(broken_in(&files), [""; 0]);
    }

    #[test]
    fn each_link_to_nowhere_is_named_with_its_reason() {
        let readme = "[a](gone.md) [b](docs/index.md#gone) [c](../outside.md) [d](/etc/passwd) [e](#gone)";
        let index = "# Home\n[f](../README.md)";
        let files = [("README.md", readme), ("docs/index.md", index), ("docs/SUMMARY.md", ""), ("docs/adr/1.md", "")];
        let expected = [
            "README.md: gone.md: there is no such file",
            "README.md: docs/index.md#gone: there is no such heading",
            "README.md: ../outside.md: leaves the repository",
            "README.md: /etc/passwd: leaves the repository",
            "README.md: #gone: there is no such heading",
            "docs/index.md: ../README.md: leaves the book, whose readers don't have that file",
            "docs/SUMMARY.md: docs/adr/1.md: is in the book's folder and not in its summary",
            "docs/SUMMARY.md: docs/index.md: is in the book's folder and not in its summary",
        ];
        assert_eq!(broken_in(&files), expected);
    }

    #[test]
    fn what_is_built_or_installed_is_not_looked_at() {
        let broken = "[a](gone.md)";
        let files = [("target/book/a.md", broken), ("tests/node_modules/b/README.md", broken), (".git/c.md", broken)];
        assert_eq!(broken_in(&files), [""; 0]);
    }

    #[test]
    fn code_is_not_taken_for_links() {
        assert_eq!(Page::parse("`[a](gone.md)`\n\n```text\n[b](gone.md)\n```\n").links, [""; 0]);
    }

    #[test]
    fn headings_are_named_as_in_the_book() {
        let page = Page::parse("# `buy`: what it does!\n## Errors\n## Errors\n## Own {#named}\n## snake_case – ü\n");
        let expected = ["buy-what-it-does", "errors", "errors-1", "named", "snake_case--ü"];
        assert_eq!(page.anchors, expected.map(String::from).into());
    }
}
