//! What the user has written and no server has, and what else is on its way.

use super::App;
use super::drafts::Draft;
use super::work::Then;
use crate::tui::dialogs::Dialog;
use crate::tui::msg::Text;

impl App {
    /// The texts that would be lost if the program ended now: those that are asked about, and those that were sent and are
    /// not answered yet.
    pub(crate) fn texts(&self) -> Vec<Text> {
        let asked = self.dialogs.iter().flat_map(Dialog::drafts);
        asked.chain(self.sent()).map(|draft| draft.file("")).collect()
    }

    fn sent(&self) -> impl Iterator<Item = &Draft> {
        self.calls.values().filter_map(|then| match then {
            Then::Written { draft, .. } => draft.as_ref(),
            Then::Moved(draft) => Some(draft),
            Then::Absent(store) => Some(&store.draft),
            _ => None,
        })
    }

    /// The edits and changes that are on their way, in words.
    pub(super) fn work_in_words(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for draft in self.sent() {
            words.push(format!("{}: the server has not answered yet; if it does not,", draft.name()));
            words.push("what you wrote is kept in a file".to_owned());
        }
        let mut others = 0;
        for then in self.calls.values() {
            match then {
                Then::Loaded(reference) => words.push(format!("{reference} is not there yet to be edited")),
                Then::Written { draft: None, what, .. } => words.push(format!("not answered yet: {what}")),
                Then::Written { .. } | Then::Moved(_) | Then::Absent(_) => {}
                // It is kept before the program ends.
                Then::Kept => {}
                _ => others += 1,
            }
        }
        match others {
            0 => {}
            1 => words.push("1 call is not done yet".to_owned()),
            others => words.push(format!("{others} calls are not done yet")),
        }
        words
    }
}
