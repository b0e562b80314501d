//! A Dubbo service as its registry describes it, made ready for calls.

use std::borrow::Cow;
use std::sync::Arc;

use gateway_dubbo_codec::json::{Type, Types};
use gateway_engine::upstream::{Description, Method};

/// What a registry says of a service, with the types of its methods' parameters read.
#[derive(Debug)]
pub struct Described {
    description: Arc<Description>,
    types: Types,
    /// By the numbers of methods.
    parameters: Vec<Vec<Type>>,
}

impl Described {
    /// Reads the types. What is no type that is known may be anything.
    pub fn new(description: Arc<Description>) -> Described {
        let types = Types::described(
            description
                .types
                .iter()
                .filter(|known| known.enums.is_empty())
                .map(|known| (&*known.name, known.properties.iter().map(|(field, kind)| (&**field, &**kind)))),
        );
        let read = |method: &Method| method.parameters.iter().map(|kind| types.parse_any(kind)).collect();
        let parameters = description.methods.iter().map(read).collect();
        Described { description, types, parameters }
    }

    /// What the registry says.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The classes of the service.
    pub fn types(&self) -> &Types {
        &self.types
    }

    /// The types of the parameters of a method, by its number.
    pub(crate) fn parameters(&self, method: usize) -> &[Type] {
        self.parameters.get(method).map_or(&[], Vec::as_slice)
    }

    /// The types of the parameters of the only method of a name that takes so many arguments, or parameters of these types where all
    /// are known; `None`: there is none, or there are several.
    pub fn only(&self, method: &str, count: usize, types: Option<&[&str]>) -> Option<&[Type]> {
        let fits = |of: &Method| {
            let named = *of.name == *method && of.parameters.len() == count;
            let same = |types: &[&str]| of.parameters.iter().zip(types).all(|(of, known)| erased(of) == *known);
            named && types.is_none_or(same)
        };
        let mut all = self.description.methods.iter().enumerate().filter(|(_, of)| fits(of));
        match (all.next(), all.next()) {
            (Some((number, _)), None) => Some(self.parameters(number)),
            _ => None,
        }
    }

    /// Why no method of a name can be called with so many arguments, where there are such methods: a provider would say so in words of its own.
    ///
    /// # Errors
    /// The parameters that there are, in words.
    pub fn counts(&self, method: &str, count: usize) -> Result<(), String> {
        let named = || self.description.methods.iter().filter(|of| *of.name == *method);
        if named().next().is_none() || named().any(|of| of.parameters.len() == count) {
            return Ok(());
        }
        let found = if count == 1 { "1 argument".to_owned() } else { format!("{count} arguments") };
        Err(format!("no method {method} takes {found}; there are {method} of {}", listed(named())))
    }
}

/// Most forms of a method, and characters of them, that are named.
const LISTED: usize = 20;
const LONGEST_LIST: usize = 2000;

/// The parameters of methods: `(java.lang.String), (int, int)`.
pub(crate) fn listed<'m>(methods: impl Iterator<Item = &'m Method>) -> String {
    let mut out = String::new();
    for (n, method) in methods.enumerate() {
        let form = format!("({})", method.parameters.join(", "));
        if n == LISTED || out.len().saturating_add(form.len()) > LONGEST_LIST {
            out.push_str(", …");
            break;
        }
        if n > 0 {
            out.push_str(", ");
        }
        out.push_str(&form);
    }
    out
}

/// A type without what stands in angle brackets, as a provider finds classes by: `java.util.List[]` of `java.util.List<a.B>[]`.
pub(crate) fn erased(of: &str) -> Cow<'_, str> {
    if !of.contains('<') {
        return Cow::Borrowed(of.trim());
    }
    let mut depth = 0_u32;
    let mut kept = String::with_capacity(of.len());
    for c in of.chars() {
        match c {
            '<' => depth = depth.saturating_add(1),
            '>' => depth = depth.saturating_sub(1),
            c if depth == 0 && !c.is_whitespace() => kept.push(c),
            _ => {}
        }
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_without_their_arguments() {
        for (written, expected) in [
            ("int", "int"),
            ("[B", "[B"),
            ("java.util.List<a.B>", "java.util.List"),
            ("java.util.List<a.B>[]", "java.util.List[]"),
            ("java.util.Map<java.lang.String, java.util.List<a.B[]>> [][]", "java.util.Map[][]"),
            (" a.B ", "a.B"),
            ("a.B<", "a.B"),
        ] {
            assert_eq!(erased(written), expected, "{written}");
        }
    }

    #[test]
    fn the_only_method_that_a_call_can_mean() {
        let method = |name: &str, parameters: &[&str]| Method {
            name: name.into(),
            parameters: parameters.iter().map(|kind| (*kind).into()).collect(),
            result: "void".into(),
        };
        let methods =
            vec![method("m", &["int"]), method("m", &["java.util.List<a.B>[]", "int"]), method("m", &["int", "int"])];
        let of = Described::new(Arc::new(Description { interface: "a.B".into(), methods, types: Vec::new() }));
        assert_eq!(of.only("m", 1, None).map(<[Type]>::len), Some(1));
        assert!(of.only("m", 2, None).is_none() && of.only("m", 0, None).is_none() && of.only("n", 1, None).is_none());
        assert!(of.only("m", 2, Some(&["java.util.List[]", "int"])).is_some());
        assert!(of.only("m", 1, Some(&["long"])).is_none());
    }

    #[test]
    fn the_number_of_arguments_has_to_be_one_that_there_is() {
        let method = |name: &str, parameters: &[&str]| Method {
            name: name.into(),
            parameters: parameters.iter().map(|kind| (*kind).into()).collect(),
            result: "void".into(),
        };
        let of = |methods: Vec<Method>| {
            Described::new(Arc::new(Description { interface: "a.B".into(), methods, types: Vec::new() }))
        };
        let few = of(vec![method("m", &["int"]), method("m", &["int", "a.C"]), method("n", &[])]);
        assert!(few.counts("m", 1).is_ok() && few.counts("m", 2).is_ok() && few.counts("n", 0).is_ok());
        assert!(few.counts("unknown", 7).is_ok(), "that is another matter");
        let told = few.counts("m", 3).unwrap_err();
        assert_eq!(told, "no method m takes 3 arguments; there are m of (int), (int, a.C)");
        assert_eq!(few.counts("n", 1).unwrap_err(), "no method n takes 1 argument; there are n of ()");
        let many = of((0..1000).map(|_| method("m", &["a.VeryLongName"])).collect());
        let told = many.counts("m", 0).unwrap_err();
        assert!(told.ends_with(", …") && told.len() < 2500, "{told}");
    }
}
