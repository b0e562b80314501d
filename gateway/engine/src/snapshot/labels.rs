//! A consumer's labels, read once for the plugins that ask for them.

use serde_json::{Map, Value};

/// The labels of a consumer, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels(Box<[Label]>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Label {
    name: Box<str>,
    text: Box<str>,
    /// The values of a label that has several; empty where the text is the only one.
    values: Box<[Box<str>]>,
}

impl Labels {
    /// The labels of an object; what is no text is left out (the schema has none).
    pub fn new(labels: &Map<String, Value>) -> Labels {
        let label = |(name, value): (&String, &Value)| {
            let text = value.as_str()?;
            Some(Label { name: name.as_str().into(), text: text.into(), values: several(text) })
        };
        Labels(labels.iter().filter_map(label).collect())
    }

    /// The text of a label.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.find(name).map(|label| &*label.text)
    }

    /// The values of a label: the items of a JSON list of texts (`["a","b"]`), the parts between commas, else its text.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let label = self.find(name);
        let only = label.filter(|l| l.values.is_empty()).map(|l| &*l.text);
        only.into_iter().chain(label.into_iter().flat_map(|l| &l.values).map(|value| &**value))
    }

    fn find(&self, name: &str) -> Option<&Label> {
        self.0.iter().find(|label| *label.name == *name)
    }
}

/// The values of a text that holds several.
fn several(text: &str) -> Box<[Box<str>]> {
    if text.starts_with('[')
        && let Ok(items) = serde_json::from_str::<Vec<Value>>(text)
    {
        return items.iter().filter_map(Value::as_str).map(Into::into).collect();
    }
    if text.contains(',') {
        return text.split(',').map(|part| part.trim().into()).collect();
    }
    Box::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_label_has_one_value_or_several() {
        let labels =
            json!({"org": "apache", "project": "gateway, apisix,web-server", "team": "[\"a,b\",\"c\",1]", "odd": "[x"});
        let labels = Labels::new(labels.as_object().unwrap());
        let values = |name: &str| labels.values(name).collect::<Vec<_>>();
        assert_eq!(values("org"), ["apache"]);
        assert_eq!(values("project"), ["gateway", "apisix", "web-server"]);
        assert_eq!(values("team"), ["a,b", "c"]);
        assert_eq!(values("odd"), ["[x"]);
        assert!(values("none").is_empty());
        assert_eq!(labels.text("project"), Some("gateway, apisix,web-server"));
        assert_eq!(labels.text("none"), None);
    }
}
