//! How findings are told: a table like any list, SARIF 2.1.0, or the annotations of GitHub's workflows.

use serde_json::{Value, json};

use super::{Finding, Severity};
use crate::error::Result;
use crate::lint::rules;
use crate::output::list::{Record, head};
use crate::output::{Printer, clean};

/// Forms of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Report {
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub's workflows
    Github,
}

/// Prints findings in the format that was asked for.
///
/// # Errors
/// The output cannot be written.
pub(crate) fn print(findings: &[Finding], report: Option<Report>, printer: &Printer<'_>) -> Result<()> {
    match report {
        Some(Report::Sarif) => {
            let text = serde_json::to_string_pretty(&sarif(findings)).unwrap_or_default();
            printer.out.bytes(format!("{}\n", clean::json(&text)).as_bytes())
        }
        Some(Report::Github) => findings.iter().try_for_each(|finding| printer.out.line(&github(finding))),
        None => {
            let heads = [("PLACE", 2), ("SEVERITY", 0), ("RULE", 0), ("OBJECT", 2), ("MESSAGE", 3)];
            let mut list = printer.list(heads.map(|(name, give)| head(name, give)).to_vec())?;
            for finding in findings {
                let cells = [
                    finding.place(),
                    finding.severity.word().to_owned(),
                    finding.rule.id.to_owned(),
                    finding.object.clone(),
                    finding.message.clone(),
                ];
                let record =
                    Record { name: finding.object.clone(), cells: cells.to_vec(), document: document(finding) };
                list.push(&record)?;
            }
            list.finish().map(drop)
        }
    }
}

fn document(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule.id, "name": finding.rule.name, "severity": finding.severity.word(),
        "object": finding.object, "message": finding.message, "source": finding.source,
    })
}

fn sarif(findings: &[Finding]) -> Value {
    let level = |severity: Severity| if severity == Severity::Info { "note" } else { severity.word() };
    let rule = |rule: &&&super::Rule| {
        json!({
            "id": rule.id, "name": rule.name, "shortDescription": { "text": rule.help },
            "defaultConfiguration": { "level": level(rule.severity) },
        })
    };
    let result = |finding: &Finding| {
        let mut location = json!({ "artifactLocation": { "uri": finding.source.file.replace('\\', "/") } });
        if let (Value::Object(fields), Some(line)) = (&mut location, finding.source.line) {
            fields.insert("region".to_owned(), json!({ "startLine": line, "startColumn": finding.source.column }));
        }
        json!({
            "ruleId": finding.rule.id, "level": level(finding.severity),
            "message": { "text": message(finding) },
            "locations": [{ "physicalLocation": location }],
        })
    };
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "gatewayctl", "version": env!("CARGO_PKG_VERSION"),
                "rules": rules::ALL.iter().map(|of| rule(&of)).collect::<Vec<_>>(),
            } },
            "results": findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

/// `::error file=gw.yaml,line=4,col=10,title=GW001::…`; what would end a part is escaped.
fn github(finding: &Finding) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let word = if finding.severity == Severity::Info { "notice" } else { finding.severity.word() };
    let mut properties = format!("file={}", property(&finding.source.file));
    for (name, number) in [("line", finding.source.line), ("col", finding.source.column)] {
        if let Some(number) = number {
            properties.push_str(&format!(",{name}={number}"));
        }
    }
    let title = format!("{} {}", finding.rule.id, finding.rule.name);
    format!("::{word} {properties},title={}::{}", property(&title), data(&message(finding)))
}

/// With the object in front, where there is one.
fn message(finding: &Finding) -> String {
    match finding.object.as_str() {
        "-" => finding.message.clone(),
        object => format!("{object}: {}", finding.message),
    }
}
