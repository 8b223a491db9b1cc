//! The stylesheet and the scripts, under names that carry a hash of their content.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::answer::PageAnswer;

/// The file of the viewer of screens.
pub(crate) const VIEWER_FILE: &str = "novnc.js";

/// The built-in files. A script is one file whatever modules it is written in: `build.rs` joins them. The viewer, as npm
/// joined it, is empty in a build for which npm has not run.
static BUILT_IN: [(&str, &str); 4] = [
    ("hostler.css", include_str!("../../../frontend/src/hostler.css")),
    (
        "hostler.js",
        include_str!(concat!(env!("OUT_DIR"), "/hostler.js")),
    ),
    (
        "console.js",
        include_str!(concat!(env!("OUT_DIR"), "/console.js")),
    ),
    (VIEWER_FILE, include_str!(concat!(env!("OUT_DIR"), "/novnc.js"))),
];

/// Files for browsers: the operator's own first, the built-in ones second.
#[derive(Debug, Clone, Default)]
pub struct Assets {
    overrides: Option<PathBuf>,
}

impl Assets {
    /// Assets, with the operator's folder of own ones (`<overrides>/assets`).
    pub fn new(overrides: Option<&Path>) -> Self {
        Self {
            overrides: overrides.map(|folder| folder.join("assets")),
        }
    }

    /// Whether there is a file of this name.
    pub(crate) fn has(&self, file: &str) -> bool {
        self.read(file).is_some()
    }

    /// The names of the built-in files, for exporting them.
    pub fn names() -> Vec<String> {
        present().map(|(name, _)| name.to_owned()).collect()
    }

    /// The text of a built-in file.
    pub fn built_in(name: &str) -> Option<String> {
        built_in(name)
    }

    /// The name that a page asks for: `hostler.css` becomes `hostler-1f0c….css`. Unchanged where there is no such file.
    pub fn name(&self, file: &str) -> String {
        match (self.read(file), file.rsplit_once('.')) {
            (Some(text), Some((stem, extension))) => format!("{stem}-{}.{extension}", hash(&text)),
            _ => file.to_owned(),
        }
    }

    /// Serves a name given out by [`Assets::name`]. An old name is answered with what is there now, not to be kept.
    pub(crate) fn serve(&self, name: &str) -> PageAnswer {
        let parts = name
            .rsplit_once('.')
            .and_then(|(stem, extension)| Some((stem.rsplit_once('-')?, extension)));
        let Some(((stem, wanted), extension)) = parts else {
            return missing();
        };
        let content_type = match extension {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            _ => return missing(),
        };
        let Some(text) = self.read(&format!("{stem}.{extension}")) else {
            return missing();
        };
        let present = hash(&text);
        let mut answer = PageAnswer::asset(content_type, text);
        if wanted != present {
            answer.headers.insert("cache-control", "no-store".to_owned());
        }
        answer
    }

    fn read(&self, file: &str) -> Option<String> {
        // Only names of built-in files are read, so that no name leads elsewhere.
        let built_in = built_in(file)?;
        let own = self
            .overrides
            .as_ref()
            .and_then(|folder| std::fs::read_to_string(folder.join(file)).ok());
        Some(own.unwrap_or(built_in))
    }
}

fn present() -> impl Iterator<Item = (&'static str, &'static str)> {
    BUILT_IN.iter().copied().filter(|(_, text)| !text.is_empty())
}

fn built_in(file: &str) -> Option<String> {
    present()
        .find(|(name, _)| *name == file)
        .map(|(_, text)| text.to_owned())
}

fn missing() -> PageAnswer {
    PageAnswer::plain(404, "There is no such file.")
}

fn hash(text: &str) -> String {
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_kept_for_a_year_under_the_name_of_its_content() {
        let assets = Assets::default();
        for file in ["hostler.css", "hostler.js", "console.js"] {
            let name = assets.name(file);
            assert_ne!(name, file);
            let answer = assets.serve(&name);
            assert_eq!(answer.status, 200);
            assert!(answer.headers["cache-control"].contains("immutable"), "{name}");
            assert!(!answer.body.is_empty());
        }
    }

    #[test]
    fn a_script_is_one_file_that_imports_nothing_and_its_parts_are_no_assets() {
        for file in ["hostler.js", "console.js"] {
            let text = built_in(file).unwrap();
            assert!(!text.lines().any(|line| line.starts_with("import ")), "{file}");
            assert_eq!(text.matches("function start(").count(), 1, "{file}");
        }
        for name in Assets::names() {
            assert!(
                !name.contains('/') && BUILT_IN.iter().any(|(known, _)| *known == name),
                "{name}"
            );
        }
        assert_eq!(Assets::default().serve("page/mask-1.js").status, 404);
    }

    #[test]
    fn the_viewer_is_one_module_with_its_licence_or_is_missing_as_a_whole() {
        let assets = Assets::default();
        let name = assets.name(VIEWER_FILE);
        if !assets.has(VIEWER_FILE) {
            assert_eq!(assets.serve(&name).status, 404);
            return;
        }
        let text = assets.serve(&name).body;
        assert!(text.starts_with("/*!") && text.contains("MPL-2.0") && text.contains("vendor/pako"));
        for word in ["from\"./", "import(", "eval("] {
            assert!(!text.contains(word), "{word}");
        }
    }

    #[test]
    fn an_old_name_gets_the_present_content_and_is_not_kept() {
        let answer = Assets::default().serve("hostler-0000000000000000.css");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["cache-control"], "no-store");
    }

    #[test]
    fn nothing_but_built_in_names_is_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("assets")).unwrap();
        std::fs::write(folder.path().join("secret-1.css"), "no").unwrap();
        std::fs::write(folder.path().join("assets/other.css"), "no").unwrap();
        let assets = Assets::new(Some(folder.path()));
        for name in [
            "../secret-1.css",
            "other-1.css",
            "/etc/passwd",
            "hostler.css",
            "",
            "a-b.html",
        ] {
            assert_eq!(assets.serve(name).status, 404, "{name}");
        }
    }

    #[test]
    fn an_operators_own_stylesheet_changes_the_name_at_once() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("assets")).unwrap();
        let assets = Assets::new(Some(folder.path()));
        let before = assets.name("hostler.css");
        std::fs::write(folder.path().join("assets/hostler.css"), ".hostler{}").unwrap();
        let after = assets.name("hostler.css");
        assert_ne!(before, after);
        assert_eq!(assets.serve(&after).body, ".hostler{}");
    }
}
