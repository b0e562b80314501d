//! Everything that a key, a click or the palette can do, by name. Help, hints and the palette are made of this table.

/// For what an action is; the order is that of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Move,
    Go,
    Find,
    Shape,
    Mark,
    Act,
    Relate,
    Look,
    Program,
}

impl Group {
    /// As the help heads it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Group::Move => "Move",
            Group::Go => "Go",
            Group::Find => "Find",
            Group::Shape => "Shape",
            Group::Mark => "Mark",
            Group::Act => "Act",
            Group::Relate => "Relate",
            Group::Look => "Look",
            Group::Program => "Program",
        }
    }
}

macro_rules! actions {
    ($($action:ident $name:literal [$($key:literal),*] $group:ident $help:literal;)*) => {
        /// What can be done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum Action {
            $(#[doc = $help] $action,)*
        }

        impl Action {
            /// All of them, in the order of the help.
            pub(crate) const ALL: &'static [Action] = &[$(Action::$action),*];

            fn entry(self) -> &'static Entry {
                match self {
                    $(Action::$action => {
                        const ENTRY: Entry =
                            Entry { name: $name, keys: &[$($key),*], group: Group::$group, help: $help };
                        &ENTRY
                    })*
                }
            }
        }
    };
}

struct Entry {
    name: &'static str,
    keys: &'static [&'static str],
    group: Group,
    help: &'static str,
}

actions! {
    Down "down" ["j", "Down"] Move "down";
    Up "up" ["k", "Up"] Move "up";
    Left "left" ["h", "Left"] Move "left";
    Right "right" ["l", "Right"] Move "right";
    Top "top" ["gg", "Home"] Move "first row";
    Bottom "bottom" ["G", "End"] Move "last row";
    HalfDown "half-page-down" ["Ctrl-d"] Move "half a page down";
    HalfUp "half-page-up" ["Ctrl-u"] Move "half a page up";
    PageDown "page-down" ["PgDn"] Move "a page down";
    PageUp "page-up" ["PgUp"] Move "a page up";
    NextMatch "next-match" ["n"] Move "next match";
    PreviousMatch "previous-match" ["N"] Move "match before";
    Open "open" ["Enter"] Go "open";
    Back "back" ["Esc"] Go "back";
    LastView "last-view" ["-"] Go "the view before, and back again";
    HistoryBack "history-back" ["["] Go "back in history";
    HistoryForward "history-forward" ["]"] Go "forward in history";
    NextPanel "next-panel" ["Tab"] Go "next panel";
    PreviousPanel "previous-panel" ["Shift-Tab"] Go "panel before";
    Overview "overview" ["1"] Go "Overview";
    Routes "routes" ["2"] Go "Routes";
    Upstreams "upstreams" ["3"] Go "Services and upstreams";
    Consumers "consumers" ["4"] Go "Consumers";
    Certs "certs" ["5"] Go "Certificates";
    Plugins "plugins" ["6"] Go "Plugins";
    Traffic "traffic" ["7"] Go "Traffic";
    Rpc "rpc" ["8"] Go "RPC";
    Discovery "discovery" ["9"] Go "Discovery";
    Events "events" ["0"] Go "Events";
    Logs "logs" ["L"] Go "Logs";
    Filter "filter" ["/"] Find "filter";
    Command "command" [":"] Find "command";
    Sort "sort" ["s"] Shape "sort by the next column";
    Reverse "reverse" ["S"] Shape "reverse the order";
    ColumnLeft "column-left" ["<"] Shape "sort by the column to the left";
    ColumnRight "column-right" [">"] Shape "sort by the column to the right";
    Wide "wide" ["w"] Shape "more columns";
    Columns "columns" ["C"] Shape "choose columns";
    Mark "mark" ["Space"] Mark "mark";
    MarkRange "mark-range" ["Ctrl-Space"] Mark "mark up to here";
    MarkAll "mark-all" ["a"] Mark "mark all";
    MarkNone "mark-none" ["A"] Mark "mark none";
    Describe "describe" ["d"] Act "describe";
    Yaml "yaml" ["y"] Act "YAML";
    Edit "edit" ["e"] Act "edit";
    Toggle "toggle" ["E"] Act "enable or disable";
    Delete "delete" ["D"] Act "delete";
    New "new" ["N"] Act "new from a template";
    CopyId "copy-id" ["c"] Act "copy id";
    CopyYaml "copy-yaml" ["Y"] Act "copy YAML";
    RollBack "roll-back" ["B"] Act "roll back";
    Tap "tap" ["t"] Relate "tap";
    Explain "explain" ["x"] Relate "explain";
    Invoke "invoke" ["i"] Relate "invoke";
    References "references" ["r"] Relate "references";
    Target "target" ["o"] Relate "open target";
    Diff "diff" ["v"] Relate "diff";
    CopyCurl "copy-curl" ["u"] Relate "copy as curl";
    Freeze "freeze" ["f"] Look "freeze";
    Expand "expand" ["z"] Look "expand the panel";
    Longer "longer" ["+", "="] Look "longer range";
    Shorter "shorter" ["-"] Look "shorter range";
    Refresh "refresh" ["R"] Look "refresh";
    Pause "pause" ["p"] Look "pause";
    Help "help" ["?"] Program "help";
    Theme "theme" ["T"] Program "theme";
    Palette "palette" ["Ctrl-p", "P"] Program "palette";
    Contexts "contexts" ["X"] Program "contexts";
    Key "key" ["K"] Program "enter another admin key";
    Redraw "redraw" ["Ctrl-l"] Program "draw anew";
    Sleep "sleep" ["Ctrl-z"] Program "back to the shell; fg goes on";
    Quit "quit" ["q"] Program "quit";
    QuitNow "quit-now" ["Ctrl-c"] Program "quit at once";
}

impl Action {
    /// As it is called in `tui.keys` and in the palette.
    pub(crate) fn name(self) -> &'static str {
        self.entry().name
    }

    /// The keys it has unless others are configured.
    pub(crate) fn keys(self) -> &'static [&'static str] {
        self.entry().keys
    }

    /// One or two words for hints and help.
    pub(crate) fn help(self) -> &'static str {
        self.entry().help
    }

    pub(crate) fn group(self) -> Group {
        self.entry().group
    }

    /// Whether it changes something on the server; a read-only session has none of these.
    pub(crate) fn writes(self) -> bool {
        matches!(self, Action::Edit | Action::Toggle | Action::Delete | Action::New | Action::RollBack | Action::Invoke)
    }

    /// Whether it is about a row, or about several: where there is none it does nothing.
    pub(crate) fn needs_row(self) -> bool {
        match self.group() {
            Group::Act => self != Action::New,
            Group::Relate | Group::Mark | Group::Shape => true,
            _ => {
                matches!(self, Action::Open | Action::NextMatch | Action::PreviousMatch | Action::Top | Action::Bottom)
            }
        }
    }

    /// The action that has the same key on screens where it is one of their own.
    pub(crate) fn twin(self) -> Option<Action> {
        match self {
            Action::PreviousMatch => Some(Action::New),
            Action::LastView => Some(Action::Shorter),
            _ => None,
        }
    }

    /// The action of a name.
    pub(crate) fn find(name: &str) -> Option<Action> {
        Action::ALL.iter().copied().find(|action| action.name() == name)
    }

    /// The name of the screen that it goes to.
    pub(crate) fn screen(self) -> Option<&'static str> {
        let screens = Action::Overview..=Action::Logs;
        screens.contains(&self).then(|| self.name())
    }
}
