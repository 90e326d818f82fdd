//! The texts of licences: which one a file holds, what in it is the holder's and what the licence's own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use spdx::LicenseId;

/// How a licence is recognised in a file.
struct Known {
    /// As SPDX names it.
    id: &'static str,
    /// Words that are in no other licence of this table.
    words: &'static str,
    /// How the terms begin, at the beginning of a line; what stands before is the holder's notice.
    begin: &'static str,
    /// The last line of the terms, if anything follows.
    end: Option<&'static str>,
}

const fn known(id: &'static str, words: &'static str, begin: &'static str) -> Known {
    Known { id, words, begin, end: None }
}

const KNOWN: &[Known] = &[
    known("MIT", "obtaining a copy of this software and associated documentation", "Permission is hereby granted"),
    known("ISC", "Permission to use, copy, modify, and", "Permission to use, copy"),
    known("Zlib", "This software is provided 'as-is'", "This software is provided"),
    known("BSD-2-Clause", "Redistribution and use in source and binary forms", "Redistribution and use"),
    known("BSD-3-Clause", "Redistribution and use in source and binary forms", "Redistribution and use"),
    known("BSL-1.0", "Boost Software License - Version 1.0", "Boost Software License"),
    known("Unicode-3.0", "UNICODE LICENSE V3", "UNICODE LICENSE"),
    Known {
        id: "Apache-2.0",
        words: "Apache License Version 2.0, January 2004",
        begin: "Apache License",
        end: Some("END OF TERMS AND CONDITIONS"),
    },
    known("Unlicense", "This is free and unencumbered software", "This is free"),
    known("MPL-2.0", "Mozilla Public License Version 2.0", "Mozilla Public License"),
];

/// A licence as one holder gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Whose it is: one or more lines, or none.
    pub notice: String,
    /// What is allowed: the same for everybody who uses this licence, or the whole file where the two do not part.
    pub body: String,
}

/// The most lines of a holder's notice; where more stand before the terms, they belong to them.
const LONGEST_NOTICE: usize = 12;

impl Terms {
    /// The licence `id` in `text`; `None`: that is another one.
    pub fn find(id: LicenseId, text: &str) -> Option<Self> {
        let known = KNOWN.iter().find(|known| known.id == id.name)?;
        if !words(text).contains(&words(known.words)) {
            return None;
        }
        let whole = || Self { notice: String::new(), body: super::tidy(text) };
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let Some(begin) = lines.iter().position(|line| line.starts_with(known.begin)) else { return Some(whole()) };
        let end =
            known.end.and_then(|end| lines.iter().position(|line| *line == end)).map_or(lines.len(), |end| end + 1);
        let mut notice: Vec<&str> = lines[..begin].iter().copied().filter(|line| is_of_holder(line)).collect();
        if notice.len() > LONGEST_NOTICE || end < begin {
            return Some(whole());
        }
        // The appendix shows how to apply the licence; some fill their name in there.
        notice.extend(lines[end..].iter().filter(|line| line.starts_with("Copyright") && !line.contains(['[', '{'])));
        let body: Vec<&str> = text.lines().skip(begin).take(end - begin).collect();
        Some(Self { notice: notice.join("\n"), body: super::tidy(&body.join("\n")) })
    }

    /// The licence `id` in its own words, as given by `holders`.
    pub fn standard(id: LicenseId, holders: &str) -> Self {
        let terms = Self::find(id, id.text());
        let body = terms.map_or_else(|| super::tidy(id.text()), |terms| terms.body);
        Self { notice: format!("Copyright (c) {holders}"), body }
    }
}

/// Every licence once, with all who are under it.
#[derive(Default)]
pub struct Licences(BTreeMap<(&'static str, String), Shared>);

/// What those who are under one licence share.
struct Shared {
    id: LicenseId,
    body: String,
    /// By the notice: who has it.
    holders: BTreeMap<String, BTreeSet<String>>,
}

impl Licences {
    /// Adds that `who` is under these terms of the licence `id`.
    pub fn add(&mut self, id: LicenseId, who: String, Terms { notice, body }: Terms) {
        let key = (id.name, words(&body));
        let shared = self.0.entry(key).or_insert_with(|| Shared { id, body, holders: BTreeMap::new() });
        shared.holders.entry(notice).or_default().insert(who);
    }
}

impl fmt::Display for Licences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Shared { id, body, holders } in self.0.values() {
            writeln!(f, "\n{}\n{}\n", "-".repeat(80), id.full_name)?;
            for (notice, who) in holders {
                let who: Vec<&str> = who.iter().map(String::as_str).collect();
                writeln!(f, "{}:", who.join(", "))?;
                for line in notice.lines() {
                    writeln!(f, "    {line}")?;
                }
            }
            write!(f, "\n{body}")?;
        }
        Ok(())
    }
}

/// The text with one space between words.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a line before the terms says whose they are: it is more than rules and the licence's title.
fn is_of_holder(line: &str) -> bool {
    let title = line.trim_start_matches("The ").trim_matches(['#', '*', ' ', ':', '.']).to_lowercase();
    let is_title = title.ends_with("license") || title.ends_with("licence") || title.ends_with("license (mit)");
    line.contains(|c: char| c.is_alphanumeric()) && !is_title
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> LicenseId {
        spdx::license_id(name).unwrap()
    }

    #[test]
    fn the_notice_and_the_terms_part() {
        for known in KNOWN.iter().filter(|known| known.id != "Unicode-3.0") {
            let standard = Terms::standard(id(known.id), "Nobody");
            assert!(!standard.body.contains("<year>"), "{}", known.id);
            let given = format!("The {} License\n------\n\nCopyright 2020 Somebody\n\n{}", known.id, standard.body);
            let found = Terms { notice: "Copyright 2020 Somebody".into(), body: standard.body };
            assert_eq!(Terms::find(id(known.id), &given), Some(found), "{}", known.id);
        }
    }

    #[test]
    fn a_name_in_the_appendix_of_the_apache_licence_is_kept() {
        let apache = id("Apache-2.0");
        assert_eq!(Terms::find(apache, apache.text()).unwrap().notice, "");
        let filled = apache.text().replace("Copyright [yyyy] [name of copyright owner]", "Copyright 2020 Somebody");
        assert_eq!(Terms::find(apache, &filled).unwrap().notice, "Copyright 2020 Somebody");
    }

    #[test]
    fn one_licence_is_not_taken_for_another() {
        for known in KNOWN.iter().filter(|known| !known.id.starts_with("BSD")) {
            for other in KNOWN.iter().filter(|other| other.id != known.id) {
                assert_eq!(Terms::find(id(known.id), id(other.id).text()), None, "{} in {}", known.id, other.id);
            }
        }
    }

    #[test]
    fn the_same_words_stand_once_with_all_who_gave_them() {
        let mut licences = Licences::default();
        for (who, holder) in [("one", "Somebody"), ("two", "Nobody"), ("three", "Somebody")] {
            licences.add(id("MIT"), who.into(), Terms::standard(id("MIT"), holder));
        }
        let text = licences.to_string();
        assert_eq!(text.matches("Permission is hereby granted").count(), 1);
        assert!(text.contains("two:\n    Copyright (c) Nobody\none, three:\n    Copyright (c) Somebody\n"), "{text}");
    }
}
