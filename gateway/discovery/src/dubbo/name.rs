//! The name of a Dubbo service as a consumer writes it.

/// `interface[:version[:group]]`, as `service_name` has it. Version and group may be `*`: any; a group may be several, joined by
/// commas.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ServiceName {
    /// The interface's full name.
    pub(crate) interface: Box<str>,
    /// The version; empty: none.
    pub(crate) version: Box<str>,
    /// The group; empty: none.
    pub(crate) group: Box<str>,
}

impl ServiceName {
    /// Reads a `service_name`.
    pub(crate) fn parse(text: &str) -> ServiceName {
        let mut parts = text.splitn(3, ':').map(str::trim);
        let mut part = || parts.next().unwrap_or_default().into();
        ServiceName { interface: part(), version: part(), group: part() }
    }

    /// Whether this is a name that can be looked for: an interface without what paths of registries are made of.
    pub(crate) fn is_usable(&self) -> bool {
        let parts = [&self.interface, &self.version, &self.group];
        !self.interface.is_empty() && parts.iter().all(|part| !part.contains(['/', '\0']))
    }

    /// Whether a provider of the interface with this version and group is one that is looked for, as Dubbo's consumers decide.
    pub(crate) fn takes(&self, version: &str, group: &str) -> bool {
        let one_of = || self.group.split(',').any(|one| one.trim() == group);
        (&*self.group == "*" || *self.group == *group || (!group.is_empty() && one_of()))
            && (&*self.version == "*" || same(&self.version, version))
    }
}

/// Whether two versions are the same one: `0.0.0` is none.
fn same(one: &str, other: &str) -> bool {
    let none = |version: &str| version.is_empty() || version == "0.0.0";
    one == other || (none(one) && none(other))
}

/// The applications of a mapping, which is their names joined by commas.
pub(crate) fn mapped(text: &str) -> Vec<&str> {
    let usable = |name: &&str| !name.is_empty() && !name.contains(['/', '\0']) && name.len() <= 256;
    let mut names: Vec<&str> = text.split(',').map(str::trim).filter(usable).take(APPLICATIONS).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Most applications that one interface is looked for in.
const APPLICATIONS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_what_they_take() {
        let cases: &[(&str, &str, &str, bool)] = &[
            ("a.B", "", "", true),
            ("a.B", "0.0.0", "", true),
            ("a.B", "1.0", "", false),
            ("a.B", "", "g", false),
            ("a.B:1.0", "1.0", "", true),
            ("a.B:1.0", "1.1", "", false),
            ("a.B:1.0:g", "1.0", "g", true),
            ("a.B:1.0:g", "1.0", "", false),
            ("a.B::g", "", "g", true),
            ("a.B:*", "2.7", "", true),
            ("a.B:*", "2.7", "g", false),
            ("a.B:*:*", "2.7", "g", true),
            ("a.B:*:*", "", "", true),
            ("a.B:0.0.0", "", "", true),
            ("a.B::g,h", "", "h", true),
            ("a.B::g,h", "", "", false),
            ("a.B::g,h", "", "i", false),
        ];
        for (name, version, group, expected) in cases {
            assert_eq!(ServiceName::parse(name).takes(version, group), *expected, "{name} {version} {group}");
        }
        let usable = |text: &str| ServiceName::parse(text).is_usable();
        assert!(usable("a.B") && !usable("") && !usable(":1") && !usable("a/b") && !usable("a:../x"));
    }

    #[test]
    fn mappings() {
        assert_eq!(mapped("shop, store,,shop"), ["shop", "store"]);
        assert_eq!(mapped("../x"), [""; 0]);
    }
}
