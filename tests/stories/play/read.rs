//! Reads a case, and refuses one that is not written rightly, with file and line. It plays nothing.

use super::form::{Case, Step, Tip};

impl Case {
    /// Reads a case. Errors: `FILE:LINE: what is wrong`.
    pub fn read(file: &str, text: &str) -> Result<Self, String> {
        let wrong = |offset: usize, what: &str| Err(format!("{file}:{}: {what}", Self::line(text, offset)));
        let case: Self = match toml::from_str(text) {
            Ok(case) => case,
            Err(error) => return wrong(error.span().map_or(0, |span| span.start), error.message()),
        };
        if !case.shows.ends_with('.') {
            return wrong(0, "`shows` is a sentence and ends with a full stop");
        }
        let known: Vec<&str> = case.pulls.iter().map(|pull| pull.get_ref().name.as_str()).collect();
        for (nth, pull) in case.pulls.iter().enumerate() {
            if known[..nth].contains(&known[nth]) || known[nth] == "trunk" {
                return wrong(pull.span().start, &format!("`{}` is taken", known[nth]));
            }
        }
        // A tip has to be remembered before it is spoken of.
        let mut kept = Vec::new();
        for step in &case.steps {
            let (names, tips) = step.get_ref().speaks_of();
            let lost = names.into_iter().find(|name| !known.contains(name));
            let lost = lost.or_else(|| {
                tips.into_iter().find(|tip| *tip != "trunk" && !known.contains(tip) && !kept.contains(tip))
            });
            if let Some(lost) = lost {
                return wrong(
                    step.span().start,
                    &format!("`{lost}` is no pull request of this case, nor remembered before"),
                );
            }
            if let Step::Remember { named, .. } = step.get_ref() {
                kept.push(named);
            }
        }
        let end = case.end.get_ref();
        let named = end
            .trunk
            .iter()
            .chain(&end.closed)
            .chain(&end.untouched)
            .chain(end.codes.keys())
            .chain(end.comments.keys());
        match named.chain(end.candidates.iter().flatten().flatten()).find(|name| !known.contains(&name.as_str())) {
            Some(lost) => wrong(case.end.span().start, &format!("`{lost}` is no pull request of this case")),
            None => Ok(case),
        }
    }

    /// The line a part of it begins in.
    pub fn line(text: &str, offset: usize) -> usize {
        text[..offset.min(text.len())].matches('\n').count() + 1
    }
}

impl Step {
    /// The pull requests it names, and the tips.
    fn speaks_of(&self) -> (Vec<&str>, Vec<&str>) {
        match self {
            Self::Label(names) | Self::Unlabel(names) | Self::Queued(names) | Self::Landed(names) => {
                (names.all(), vec![])
            }
            Self::Comment { on, .. } | Self::Review { on, .. } | Self::Told { on, .. } => (vec![on], vec![]),
            Self::Push(pull)
            | Self::Close(pull)
            | Self::Reopen(pull)
            | Self::Draft(pull)
            | Self::DeleteFork(pull)
            | Self::Retarget { pull, .. }
            | Self::Out { pull, .. }
            | Self::Code { of: pull, .. } => (vec![pull], vec![]),
            Self::Remember { holds: pulls, .. } | Self::Judge { red: pulls } => (many(pulls), vec![]),
            Self::Green(tip) | Self::Red(tip) | Self::Ci { tip, .. } => match tip {
                Tip::Named(name) => (vec![], vec![name]),
                Tip::Holding(pulls) => (many(pulls), vec![]),
            },
            Self::Foreign(_)
            | Self::Tag(_)
            | Self::Role { .. }
            | Self::Settings(_)
            | Self::Protect(_)
            | Self::Lose { .. }
            | Self::Fail(_)
            | Self::Mend
            | Self::Kill
            | Self::NextSecond
            | Self::Idle
            | Self::Phases(_) => (vec![], vec![]),
        }
    }
}

fn many(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}
