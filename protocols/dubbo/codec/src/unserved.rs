//! What providers say where they do not have the service that was called: in words that only those understand who know how they are built.

use std::fmt;

use crate::frame::Status;

/// A service as a call names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Full name of the interface.
    pub interface: &'a str,
    /// Its version; empty: none.
    pub version: &'a str,
    /// Its group; empty: none.
    pub group: &'a str,
}

impl fmt::Display for Asked<'_> {
    /// `org.acme.Orders with version 2.0.0 in group blue`: one line, however long and odd the names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Short(self.interface))?;
        match self.version {
            "" | "0.0.0" => f.write_str(" without a version")?,
            version => write!(f, " with version {}", Short(version))?,
        }
        match self.group {
            "" => Ok(()),
            group => write!(f, " in group {}", Short(group)),
        }
    }
}

/// The beginning of a name, on one line.
struct Short<'a>(&'a str);

/// Most characters of a name.
const LONGEST: usize = 200;

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        self.0.chars().filter(|c| !c.is_control()).take(LONGEST).try_for_each(|c| f.write_char(c))
    }
}

/// How sure it is that a provider does not have a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unserved {
    /// It says so.
    Surely,
    /// It says so, or that it could not read the call.
    Perhaps,
}

impl Unserved {
    /// By the status of an answer, and the first line of what it says.
    pub fn of(status: Status, said: &str) -> Option<Unserved> {
        match status {
            Status::ServiceNotFound => Some(Unserved::Surely),
            // Java's providers have no types of a call whose service they did not find.
            Status::BadRequest if said.contains("parameterTypes=null") => Some(Unserved::Surely),
            Status::BadRequest => Some(Unserved::Perhaps),
            // They have the interface, but not of this version or group.
            Status::ServiceError if said.contains("Not found exported service") => Some(Unserved::Surely),
            _ => None,
        }
    }

    /// In words; `asked` is what the call named.
    pub fn told(self, asked: impl fmt::Display) -> String {
        match self {
            Unserved::Surely => format!("the provider has no service {asked}"),
            Unserved::Perhaps => format!("the provider could not read the call, or has no service {asked}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_providers_say_of_services_they_do_not_have() {
        // As Dubbo 3.3.6 says it.
        let null = "Fail to decode request due to: RpcInvocation [methodName=$invoke, parameterTypes=null]";
        let exported = "org.apache.dubbo.remoting.RemotingException: Not found exported service: a.B:2.0.0 in [a.B]";
        for (status, said, expected) in [
            (Status::BadRequest, null, Some(Unserved::Surely)),
            (Status::BadRequest, "Fail to decode request due to: java.io.IOException", Some(Unserved::Perhaps)),
            (Status::BadRequest, "", Some(Unserved::Perhaps)),
            (Status::ServiceNotFound, "", Some(Unserved::Surely)),
            (Status::ServiceError, exported, Some(Unserved::Surely)),
            (Status::ServiceError, "x", None),
            (Status::ServerError, null, None),
            (Status::Ok, null, None),
        ] {
            assert_eq!(Unserved::of(status, said), expected, "{status:?} {said}");
        }
    }

    #[test]
    fn a_service_is_named_on_one_line() {
        let asked = |version, group| Asked { interface: "a.B", version, group }.to_string();
        assert_eq!(asked("2.0.0", "g"), "a.B with version 2.0.0 in group g");
        assert_eq!(asked("0.0.0", ""), "a.B without a version");
        assert_eq!(Unserved::Surely.told(asked("1", "")), "the provider has no service a.B with version 1");
        let long = "x\n".repeat(5000);
        let told = Unserved::Perhaps.told(Asked { interface: &long, version: &long, group: &long });
        assert!(told.len() < 1000 && told.lines().count() == 1, "{told}");
    }
}
