//! What a server tells of itself: `grpc.reflection.v1`, and `v1alpha`, which is the same on the wire.

use std::collections::{BTreeSet, HashSet, VecDeque};

use bytes::Bytes;
use http::HeaderMap;
use prost::{DecodeError, Message as _};
use prost_reflect::DescriptorPool;
use prost_reflect::prost_types::FileDescriptorProto;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::{self, StdError};

use super::call::{Caller, queue};
use super::definitions::Definitions;
use super::status::Ended;

/// The two names of the service, in the order in which they are asked.
const METHODS: [&str; 2] = [
    "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// Services that are taken note of, files of definitions, and their bytes together.
const MOST_SERVICES: usize = 1000;
const MOST_FILES: usize = 1000;
const MOST_BYTES: usize = 16 << 20;

/// Troubles that are taken note of.
const MOST_TROUBLES: usize = 100;

/// `UNIMPLEMENTED`.
const UNIMPLEMENTED: i32 = 12;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// All services, and what they say.
    All,
    /// Names of services alone.
    Names,
    /// What this symbol is: a service, a method or a message.
    Symbol(&'a str),
}

/// What a server told.
#[derive(Debug, Clone, Default)]
pub struct Reflected {
    /// The names of its services, but for those of reflection itself.
    pub services: Vec<String>,
    /// What it says of them.
    pub definitions: Definitions,
    /// What it could not, or would not tell.
    pub troubles: Vec<String>,
}

/// Asks a server. `headers` go with the call.
///
/// # Errors
/// It has no reflection, or cannot be reached; in words.
pub async fn reflect<T>(caller: &mut Caller<T>, headers: &HeaderMap, wanted: Wanted<'_>) -> Result<Reflected, Ended>
where
    T: GrpcService<Body>,
    T::ResponseBody: codegen::Body + Send + 'static,
    <T::ResponseBody as codegen::Body>::Error: Into<StdError> + Send,
{
    let mut last = None;
    for method in METHODS {
        match asked(caller, method, headers, wanted).await {
            Err(ended) if ended.status == UNIMPLEMENTED && ended.broken.is_none() => last = Some(ended),
            answered => return answered,
        }
    }
    Err(last.unwrap_or_else(|| Ended::of(&tonic::Status::unimplemented(""))))
}

async fn asked<T>(
    caller: &mut Caller<T>,
    method: &str,
    headers: &HeaderMap,
    wanted: Wanted<'_>,
) -> Result<Reflected, Ended>
where
    T: GrpcService<Body>,
    T::ResponseBody: codegen::Body + Send + 'static,
    <T::ResponseBody as codegen::Body>::Error: Into<StdError> + Send,
{
    let (mut talk, first) = Talk::new(wanted);
    let (questions, messages) = queue(1);
    // There is room for one.
    let _ = questions.try_send(first);
    let mut going = caller.begin(method, headers.clone(), messages).await?;
    let no_answer = |error| Ended::ours(13, format!("no answer of a reflection service: {error}"));
    while let Some(question) = talk.heard(&going.next().await?).map_err(no_answer)? {
        // Whose other end is gone gives no answer either, and says why.
        let _ = questions.send(question).await;
    }
    Ok(talk.told())
}

/// Questions and answers, wherever they go and come from: one question at a time.
#[derive(Debug)]
pub struct Talk {
    /// What the last question was about; `None`: the list of services.
    about: Option<String>,
    all: bool,
    /// Services that are still to be asked about.
    waiting: VecDeque<String>,
    files: Files,
    told: Reflected,
}

impl Talk {
    /// A talk, and its first question.
    pub fn new(wanted: Wanted<'_>) -> (Talk, Bytes) {
        let (about, question) = match wanted {
            Wanted::All | Wanted::Names => (None, Question::ListServices("*".to_owned())),
            Wanted::Symbol(symbol) => (Some(symbol.to_owned()), Question::FileContainingSymbol(symbol.to_owned())),
        };
        let (files, told) = (Files::default(), Reflected::default());
        (Talk { about, all: wanted == Wanted::All, waiting: VecDeque::new(), files, told }, question.bytes())
    }

    /// Takes an answer; the next question, if there is one.
    ///
    /// # Errors
    /// It is no answer of such a service.
    pub fn heard(&mut self, answer: &[u8]) -> Result<Option<Bytes>, DecodeError> {
        let reply = Reply::decode(answer)?;
        let answer = reply.answer.unwrap_or(Answer::Other(Vec::new()));
        match self.about.take() {
            None => self.names(answer),
            Some(what) => self.files_of(&what, answer),
        }
        while let Some(service) = self.waiting.pop_front() {
            if !self.files.defines(&service) {
                self.about = Some(service.clone());
                return Ok(Some(Question::FileContainingSymbol(service).bytes()));
            }
        }
        // Files that others import and that have not come with them.
        let missing = self.files.missing();
        self.about.clone_from(&missing);
        Ok(missing.map(|name| Question::FileByName(name).bytes()))
    }

    fn names(&mut self, answer: Answer) {
        match answer {
            Answer::Services(list) => {
                let all: BTreeSet<String> = list.service.into_iter().map(|service| service.name).collect();
                let mut all: Vec<String> =
                    all.into_iter().filter(|name| !name.is_empty() && !name.starts_with("grpc.reflection.")).collect();
                if all.len() > MOST_SERVICES {
                    self.told.troubles.push(format!("of {} services {MOST_SERVICES} are shown", all.len()));
                    all.truncate(MOST_SERVICES);
                }
                if self.all {
                    self.waiting.extend(all.iter().cloned());
                }
                self.told.services = all;
            }
            other => self.told.troubles.push(other.trouble("the list of services")),
        }
    }

    fn files_of(&mut self, what: &str, answer: Answer) {
        let trouble = match answer {
            Answer::Files(files) => self.files.add(files).err().map(|why| format!("{what}: {why}")),
            other => Some(other.trouble(what)),
        };
        if let Some(trouble) = trouble.filter(|_| self.told.troubles.len() < MOST_TROUBLES) {
            self.told.troubles.push(trouble);
        }
    }

    /// What was told so far.
    pub fn told(mut self) -> Reflected {
        match Definitions::of_files(self.files.whole()) {
            Ok(definitions) => self.told.definitions = definitions,
            Err(why) => self.told.troubles.push(format!("the definitions cannot be used: {why}")),
        }
        self.told
    }
}

/// Files of definitions, each once.
#[derive(Debug, Default)]
struct Files {
    all: Vec<FileDescriptorProto>,
    asked: HashSet<String>,
    bytes: usize,
}

impl Files {
    fn add(&mut self, files: FileList) -> Result<(), String> {
        for bytes in files.file_descriptor_proto {
            self.bytes = self.bytes.saturating_add(bytes.len());
            if self.all.len() >= MOST_FILES || self.bytes > MOST_BYTES {
                return Err(format!("there are more than {MOST_FILES} files, or {MOST_BYTES} bytes of them"));
            }
            let file =
                FileDescriptorProto::decode(bytes.as_slice()).map_err(|error| format!("no definition: {error}"))?;
            if !self.all.iter().any(|known| known.name() == file.name()) {
                self.all.push(file);
            }
        }
        Ok(())
    }

    fn defines(&self, service: &str) -> bool {
        self.all.iter().any(|file| {
            let rest = match file.package() {
                "" => Some(service),
                package => service.strip_prefix(package).and_then(|rest| rest.strip_prefix('.')),
            };
            rest.is_some_and(|name| file.service.iter().any(|known| known.name() == name))
        })
    }

    /// The name of a file that is imported and not there; each once.
    fn missing(&mut self) -> Option<String> {
        let known = DescriptorPool::global();
        let here: HashSet<&str> = self.all.iter().map(FileDescriptorProto::name).collect();
        let imported = self.all.iter().flat_map(|file| &file.dependency);
        let mut missing = imported
            .filter(|name| !here.contains(name.as_str()) && !self.asked.contains(*name))
            .filter(|name| known.get_file_by_name(name).is_none());
        let name = missing.next().filter(|_| self.asked.len() < MOST_FILES)?.clone();
        self.asked.insert(name.clone());
        Some(name)
    }

    /// Those all of whose imports are there.
    fn whole(self) -> Vec<FileDescriptorProto> {
        let known = DescriptorPool::global();
        let mut all = self.all;
        loop {
            let here: HashSet<String> = all.iter().map(|file| file.name().to_owned()).collect();
            let there = |name: &String| here.contains(name) || known.get_file_by_name(name).is_some();
            let before = all.len();
            all.retain(|file| file.dependency.iter().all(there));
            if all.len() == before {
                return all;
            }
        }
    }
}

/// Which of the names nothing defines.
pub fn missing(reflected: &Reflected) -> Vec<&str> {
    let undefined = |name: &&str| reflected.definitions.service(name).is_none();
    reflected.services.iter().map(String::as_str).filter(undefined).collect()
}

impl Answer {
    /// Why it is not what was asked for.
    fn trouble(self, what: &str) -> String {
        match self {
            Answer::Error(error) => format!("{what}: {}", error.message.chars().take(300).collect::<String>()),
            _ => format!("{what}: another answer came"),
        }
    }
}

impl Question {
    fn bytes(self) -> Bytes {
        Request { host: String::new(), question: Some(self) }.encode_to_vec().into()
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct Request {
    #[prost(string, tag = "1")]
    host: String,
    #[prost(oneof = "Question", tags = "3, 4, 7")]
    question: Option<Question>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Question {
    #[prost(string, tag = "3")]
    FileByName(String),
    #[prost(string, tag = "4")]
    FileContainingSymbol(String),
    #[prost(string, tag = "7")]
    ListServices(String),
}

#[derive(Clone, PartialEq, prost::Message)]
struct Reply {
    #[prost(oneof = "Answer", tags = "4, 5, 6, 7")]
    answer: Option<Answer>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Answer {
    #[prost(message, tag = "4")]
    Files(FileList),
    #[prost(bytes, tag = "5")]
    Other(Vec<u8>),
    #[prost(message, tag = "6")]
    Services(ServiceList),
    #[prost(message, tag = "7")]
    Error(Failure),
}

#[derive(Clone, PartialEq, prost::Message)]
struct FileList {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file_descriptor_proto: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ServiceList {
    #[prost(message, repeated, tag = "1")]
    service: Vec<Named>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Named {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Failure {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost_reflect::prost_types::{
        DescriptorProto, FieldDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto,
    };

    use super::*;

    /// A file of one service and one message, that imports others.
    fn file(name: &str, imports: &[&str]) -> Vec<u8> {
        let message = DescriptorProto {
            name: Some(format!("M{name}")),
            field: imports
                .iter()
                .zip(1..)
                .map(|(import, number)| FieldDescriptorProto {
                    name: Some(format!("f{number}")),
                    number: Some(number),
                    label: Some(1),
                    r#type: Some(11),
                    type_name: Some(format!(".p.M{import}")),
                    ..FieldDescriptorProto::default()
                })
                .collect(),
            ..DescriptorProto::default()
        };
        let method = MethodDescriptorProto {
            name: Some("Do".to_owned()),
            input_type: Some(format!(".p.M{name}")),
            output_type: Some(format!(".p.M{name}")),
            ..MethodDescriptorProto::default()
        };
        let service = ServiceDescriptorProto {
            name: Some(format!("S{name}")),
            method: vec![method],
            ..ServiceDescriptorProto::default()
        };
        FileDescriptorProto {
            name: Some(name.to_owned()),
            package: Some("p".to_owned()),
            dependency: imports.iter().map(|import| (*import).to_owned()).collect(),
            message_type: vec![message],
            service: vec![service],
            syntax: Some("proto3".to_owned()),
            ..FileDescriptorProto::default()
        }
        .encode_to_vec()
    }

    fn files(all: &[Vec<u8>]) -> Answer {
        Answer::Files(FileList { file_descriptor_proto: all.to_vec() })
    }

    fn names(all: &[&str]) -> Answer {
        let service = all.iter().map(|name| Named { name: (*name).to_owned() }).collect();
        Answer::Services(ServiceList { service })
    }

    fn no(why: &str) -> Answer {
        Answer::Error(Failure { code: 5, message: why.to_owned() })
    }

    fn bytes(answer: Answer) -> Vec<u8> {
        Reply { answer: Some(answer) }.encode_to_vec()
    }

    /// The questions of a talk, and what was told, where these are the answers.
    fn talk(wanted: Wanted<'_>, answers: Vec<Answer>) -> (Vec<String>, Reflected) {
        let (mut talk, first) = Talk::new(wanted);
        let mut questions = vec![first];
        for answer in answers {
            questions.extend(talk.heard(&bytes(answer)).unwrap());
        }
        let asked = |question: &Bytes| match Request::decode(question.clone()).unwrap().question {
            Some(Question::FileByName(name)) => format!("file {name}"),
            Some(Question::FileContainingSymbol(symbol)) => format!("symbol {symbol}"),
            Some(Question::ListServices(_)) => "list".to_owned(),
            None => String::new(),
        };
        (questions.iter().map(asked).collect(), talk.told())
    }

    #[test]
    fn what_is_not_there_is_asked_for_once() {
        let answers = vec![
            names(&["p.Sa", "p.Sb", "p.Sc", "grpc.reflection.v1.ServerReflection"]),
            files(&[file("a", &["b"])]),
            files(&[file("b", &["d"]), file("a", &["b"])]),
            no("p.Sc is not for everybody"),
            files(&[file("d", &[])]),
        ];
        let (asked, told) = talk(Wanted::All, answers);
        assert_eq!(asked, ["list", "symbol p.Sa", "symbol p.Sb", "symbol p.Sc", "file d"]);
        assert_eq!(told.services, ["p.Sa", "p.Sb", "p.Sc"]);
        assert_eq!(missing(&told), ["p.Sc"]);
        assert_eq!(told.troubles, ["p.Sc: p.Sc is not for everybody"]);
        assert!(told.definitions.method("p.Sa", "Do").is_some() && told.definitions.message("p.Md").is_some());
        assert_eq!(talk(Wanted::Names, vec![names(&["p.Sa"])]).0, ["list"]);
    }

    #[test]
    fn what_cannot_be_had_takes_only_what_needs_it_along() {
        let answers = vec![files(&[file("a", &["b"]), file("c", &[])]), no("no such file")];
        let (asked, told) = talk(Wanted::Symbol("p.Sa"), answers);
        assert_eq!(asked, ["symbol p.Sa", "file b"]);
        assert!(told.definitions.service("p.Sa").is_none() && told.definitions.service("p.Sc").is_some());
        // Who imports each other is never whole, or at least does no harm.
        let answers = vec![files(&[file("a", &["b"]), file("b", &["a"])])];
        let (asked, told) = talk(Wanted::Symbol("p.Sa"), answers);
        assert_eq!((asked.len(), told.definitions.service("p.Sa").is_none()), (1, !told.troubles.is_empty()));
        let (_, told) = talk(Wanted::All, vec![no("not today")]);
        assert_eq!(told.troubles, ["the list of services: not today"]);
    }

    #[test]
    fn a_talk_ends_whatever_the_server_says() {
        let (mut talk, _) = Talk::new(Wanted::Symbol("p.S"));
        let mut questions = 0;
        while talk
            .heard(&bytes(files(&[file(&questions.to_string(), &[&(questions + 1).to_string()])])))
            .unwrap()
            .is_some()
        {
            questions += 1;
            assert!(questions <= 2 * MOST_FILES, "there is no end");
        }
        assert!(talk.told.troubles.iter().any(|trouble| trouble.contains("more than")));
        let many: Vec<String> = (0..2000).map(|n| format!("p.S{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let (_, told) = super::tests::talk(Wanted::Names, vec![names(&many)]);
        assert_eq!((told.services.len(), told.troubles.len()), (MOST_SERVICES, 1));
    }

    proptest! {
        #[test]
        fn any_answers_are_taken_or_refused(answers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6), all in any::<bool>()) {
            let (mut talk, _) = Talk::new(if all { Wanted::All } else { Wanted::Symbol("a.B") });
            for answer in answers {
                if !matches!(talk.heard(&answer), Ok(Some(_))) {
                    break;
                }
            }
            talk.told();
        }
    }
}
