//! The eight themes. A role that a theme leaves out is as in the default one.

/// Their names.
pub(crate) const NAMES: [&str; 8] =
    ["default", "light", "high-contrast", "mono", "solarized", "nord", "deuteranopia", "tritanopia"];

type Specs = &'static [(&'static str, &'static str)];

pub(super) fn specs(name: &str) -> Option<Specs> {
    Some(match name {
        "default" => DEFAULT,
        "light" => LIGHT,
        "high-contrast" => HIGH_CONTRAST,
        "mono" => MONO,
        "solarized" => SOLARIZED,
        "nord" => NORD,
        "deuteranopia" => DEUTERANOPIA,
        "tritanopia" => TRITANOPIA,
        _ => return None,
    })
}

/// For a dark terminal of any colours.
const DEFAULT: Specs = &[
    ("text", "default"),
    ("dim", "#8a8a8a/dark-gray"),
    ("accent", "#5fafff/bright-blue bold"),
    ("title", "#afd7ff/bright-cyan"),
    ("border", "#5f5f5f/dark-gray"),
    ("focus", "#5fafff/bright-cyan bold"),
    ("head", "#8a8a8a/gray bold"),
    ("selection", "#ffffff/white on #264f78/blue bold"),
    ("marked", "#ffd75f/bright-yellow"),
    ("good", "#5fd75f/green"),
    ("warn", "#ffaf00/yellow"),
    ("bad", "#ff5f5f/bright-red bold"),
    ("off", "#767676/dark-gray"),
    ("key", "#ffd787/bright-yellow"),
    ("tab", "#ffffff/white bold underline"),
    ("match", "#000000/black on #ffd75f/yellow"),
    ("added", "#5fd75f/green"),
    ("removed", "#ff5f5f/red"),
    ("chart", "#5fafaf/cyan"),
    ("heat", "#87afd7/cyan"),
];

const LIGHT: Specs = &[
    ("text", "#1c1c1c/black"),
    ("dim", "#6c6c6c/dark-gray"),
    ("accent", "#005faf/blue bold"),
    ("title", "#005f87/blue"),
    ("border", "#a8a8a8/dark-gray"),
    ("focus", "#005faf/blue bold"),
    ("head", "#444444/black bold"),
    ("selection", "#000000/black on #afd7ff/cyan bold"),
    ("marked", "#875f00/magenta"),
    ("good", "#00741f/green"),
    ("warn", "#8a5a00/magenta"),
    ("bad", "#c00000/red bold"),
    ("off", "#808080/dark-gray"),
    ("key", "#875f00/magenta"),
    ("tab", "#000000/black bold underline"),
    ("match", "#000000/black on #ffd75f/yellow"),
    ("added", "#00741f/green"),
    ("removed", "#c00000/red"),
    ("chart", "#005f87/blue"),
    ("heat", "#00508c/blue"),
];

const HIGH_CONTRAST: Specs = &[
    ("text", "#ffffff/white"),
    ("dim", "#d0d0d0/gray"),
    ("accent", "#00ffff/bright-cyan bold"),
    ("title", "#ffffff/white bold"),
    ("border", "#ffffff/white"),
    ("focus", "#ffff00/bright-yellow bold"),
    ("head", "#ffffff/white bold underline"),
    ("selection", "#000000/black on #ffff00/bright-yellow bold"),
    ("marked", "#ff87ff/bright-magenta bold"),
    ("good", "#00ff00/bright-green bold"),
    ("warn", "#ffff00/bright-yellow bold"),
    ("bad", "#ff5f5f/bright-red bold reverse"),
    ("off", "#d0d0d0/gray"),
    ("key", "#00ffff/bright-cyan bold"),
    ("tab", "#000000/black on #ffffff/white bold"),
    ("match", "#000000/black on #00ffff/bright-cyan"),
    ("added", "#00ff00/bright-green bold"),
    ("removed", "#ff5f5f/bright-red bold"),
    ("chart", "#00ffff/bright-cyan"),
    ("heat", "#ffffff/white"),
];

/// Attributes only: also what `NO_COLOR` shows.
const MONO: Specs = &[
    ("text", ""),
    ("dim", "dim"),
    ("accent", "bold"),
    ("title", "bold"),
    ("border", "dim"),
    ("focus", "bold"),
    ("head", "bold underline"),
    ("selection", "reverse"),
    ("marked", "bold underline"),
    ("good", ""),
    ("warn", "bold"),
    ("bad", "bold underline"),
    ("off", "dim"),
    ("key", "bold"),
    ("tab", "bold underline"),
    ("match", "reverse bold"),
    ("added", "bold"),
    ("removed", "underline"),
    ("chart", ""),
    ("heat", ""),
];

const SOLARIZED: Specs = &[
    ("text", "#839496/gray"),
    ("dim", "#657b83/dark-gray"),
    ("accent", "#268bd2/bright-blue bold"),
    ("title", "#2aa198/cyan"),
    ("border", "#586e75/dark-gray"),
    ("focus", "#268bd2/bright-blue bold"),
    ("head", "#93a1a1/gray bold"),
    ("selection", "#fdf6e3/white on #0f5a75/blue bold"),
    ("marked", "#d33682/magenta"),
    ("good", "#859900/green"),
    ("warn", "#b58900/yellow"),
    ("bad", "#dc322f/bright-red bold"),
    ("off", "#586e75/dark-gray"),
    ("key", "#cb4b16/bright-yellow"),
    ("tab", "#eee8d5/white bold underline"),
    ("match", "#002b36/black on #b58900/yellow"),
    ("added", "#859900/green"),
    ("removed", "#dc322f/red"),
    ("chart", "#2aa198/cyan"),
    ("heat", "#6c71c4/cyan"),
];

const NORD: Specs = &[
    ("text", "#d8dee9/gray"),
    ("dim", "#7b88a1/dark-gray"),
    ("accent", "#88c0d0/bright-cyan bold"),
    ("title", "#8fbcbb/cyan"),
    ("border", "#4c566a/dark-gray"),
    ("focus", "#88c0d0/bright-cyan bold"),
    ("head", "#81a1c1/bright-blue bold"),
    ("selection", "#eceff4/white on #4c6a92/blue bold"),
    ("marked", "#b48ead/magenta"),
    ("good", "#a3be8c/green"),
    ("warn", "#ebcb8b/yellow"),
    ("bad", "#e06c75/bright-red bold"),
    ("off", "#616e88/dark-gray"),
    ("key", "#d08770/bright-yellow"),
    ("tab", "#eceff4/white bold underline"),
    ("match", "#2e3440/black on #ebcb8b/yellow"),
    ("added", "#a3be8c/green"),
    ("removed", "#bf616a/red"),
    ("chart", "#88c0d0/cyan"),
    ("heat", "#81a1c1/cyan"),
];

/// Blue, yellow and orange in the place of green and red.
const DEUTERANOPIA: Specs = &[
    ("accent", "#56b4e9/bright-blue bold"),
    ("focus", "#56b4e9/bright-cyan bold"),
    ("good", "#56b4e9/bright-blue"),
    ("warn", "#f0e442/bright-yellow"),
    ("bad", "#ff9e3d/yellow bold underline"),
    ("marked", "#cc79a7/magenta"),
    ("added", "#56b4e9/bright-blue"),
    ("removed", "#ff9e3d/yellow"),
    ("chart", "#56b4e9/bright-blue"),
];

/// Red, green and grey in the place of blue and yellow.
const TRITANOPIA: Specs = &[
    ("accent", "#ff8ba7/bright-red bold"),
    ("title", "#ffffff/white bold"),
    ("focus", "#ff8ba7/bright-red bold"),
    ("selection", "#ffffff/white on #4a4a4a/dark-gray bold"),
    ("good", "#00c8b4/bright-cyan"),
    ("warn", "#ffb3c1/bright-magenta"),
    ("bad", "#ff3b3b/bright-red bold underline"),
    ("key", "#ff8ba7/bright-red"),
    ("marked", "#ffb3c1/magenta"),
    ("match", "#000000/black on #ffb3c1/bright-magenta"),
    ("added", "#00c8b4/bright-cyan"),
    ("removed", "#ff3b3b/bright-red"),
    ("chart", "#00c8b4/cyan"),
    ("heat", "#d0d0d0/gray"),
];
