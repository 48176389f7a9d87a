//! The written reference.

use std::collections::HashSet;

use crate::category::CATEGORIES;
use crate::reference;

#[test]
fn every_function_is_written_down() {
    let text = reference();
    let mut seen = HashSet::new();
    for function in CATEGORIES.iter().flat_map(|category| category.functions) {
        assert!(seen.insert(function.path), "{} is there twice", function.path);
        let mark = if function.own { " (Strowger's own)" } else { "" };
        assert!(text.contains(&format!("\n### `{}`{mark}\n", function.path)), "{}", function.path);
        let mut names = HashSet::new();
        for parameter in function.all_parameters() {
            assert!(names.insert(parameter.name), "{} has {} twice", function.path, parameter.name);
            assert!(!function.ignored.contains(&parameter.name), "{} ignores {}", function.path, parameter.name);
            assert!(parameter.doc.ends_with('.'), "{} {}", function.path, parameter.name);
        }
    }
    assert!(text.contains("older, unpublished interface"));
    assert!(!text.ends_with('\n') && !text.contains("..") && !text.contains("\n\n\n"), "{text}");
}
