//! `-F`: forms of several parts (RFC 7578).

use super::Read;
use crate::error::{Error, Result};

/// A body and its kind.
pub(super) struct Form {
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
}

/// Puts a form together out of `name=value`, `name=@file` (with a file name) and `name=<file` (without). `;type=` and
/// `;filename=` may follow; `name=\value` is the value as it stands.
///
/// # Errors
/// Usage: a part of another form, a file that cannot be read.
pub(super) fn build(parts: &[String], read: &Read<'_>) -> Result<Form> {
    let parts = parts.iter().map(|text| Part::read(text, read)).collect::<Result<Vec<Part>>>()?;
    let mut boundary = String::from("gatewayctl-form-boundary");
    let within = |boundary: &str| parts.iter().any(|part| contains(&part.content, boundary.as_bytes()));
    while within(&boundary) {
        boundary.push_str(&format!("-{}", boundary.len()));
    }
    let mut body = Vec::new();
    for part in &parts {
        body.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quoted(&part.name)).bytes());
        if let Some(file) = &part.file {
            body.extend(format!("; filename=\"{}\"", quoted(file)).bytes());
        }
        if let Some(kind) = &part.kind {
            body.extend(format!("\r\nContent-Type: {kind}").bytes());
        }
        body.extend(b"\r\n\r\n");
        body.extend(&part.content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{boundary}--\r\n").bytes());
    Ok(Form { content_type: format!("multipart/form-data; boundary={boundary}"), body })
}

/// One field of a form.
struct Part {
    name: String,
    file: Option<String>,
    kind: Option<String>,
    content: Vec<u8>,
}

impl Part {
    fn read(text: &str, read: &Read<'_>) -> Result<Part> {
        let wrong = || Error::usage(format!("-F {text:?}: expected name=value or name=@FILE"));
        let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(wrong)?;
        let mut part = Part { name: name.to_owned(), file: None, kind: None, content: Vec::new() };
        if let Some(plain) = value.strip_prefix('\\') {
            part.content = plain.as_bytes().to_vec();
            return Ok(part);
        }
        let mut value = value;
        while let Some((before, after)) = value.rsplit_once(';') {
            let (slot, text) = match after.trim().split_once('=') {
                Some(("type", text)) => (&mut part.kind, text),
                Some(("filename", text)) => (&mut part.file, text),
                _ => break,
            };
            if text.contains(['\r', '\n']) {
                return Err(wrong());
            }
            *slot = Some(text.trim_matches('"').to_owned());
            value = before;
        }
        match value.chars().next() {
            Some('@') => {
                let path = value.get(1..).unwrap_or_default();
                part.content = read(path)?;
                let last = path.rsplit(['/', '\\']).next().unwrap_or(path);
                part.file.get_or_insert_with(|| last.to_owned());
                part.kind.get_or_insert_with(|| "application/octet-stream".to_owned());
            }
            Some('<') => part.content = read(value.get(1..).unwrap_or_default())?,
            _ => part.content = value.as_bytes().to_vec(),
        }
        Ok(part)
    }
}

/// As browsers write names: what would end them is percent-encoded.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|part| part == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_all_kinds() {
        let read = |path: &str| Ok(format!("<{path}>").into_bytes());
        let parts = ["a=1", "f=@dir/x.png;type=image/png", "g=<x.txt", "h=@y;filename=\"z.bin\"", "i=a;b", "j=\\@x"];
        let form = build(&parts.map(str::to_owned), &read).unwrap();
        insta::assert_snapshot!(String::from_utf8(form.body).unwrap().replace('\r', ""));
        assert_eq!(form.content_type, "multipart/form-data; boundary=gatewayctl-form-boundary");
        assert!(build(&["x".to_owned()], &read).is_err() && build(&["=x".to_owned()], &read).is_err());
        let form = build(&["a=gatewayctl-form-boundary".to_owned()], &read).unwrap();
        assert_eq!(form.content_type, "multipart/form-data; boundary=gatewayctl-form-boundary-24");
    }
}
