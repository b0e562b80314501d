//! What a server tells of itself: `grpc.reflection.v1`, and `v1alpha`, which is the same on the wire.

use std::collections::{BTreeSet, HashSet};

use bytes::Bytes;
use http::HeaderMap;
use prost::Message as _;
use prost_reflect::DescriptorPool;
use prost_reflect::prost_types::FileDescriptorProto;
use tokio::sync::mpsc;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::{self, StdError};

use super::call::{Caller, Going, queue};
use super::definitions::Definitions;
use super::status::Ended;

/// The two names of the service, in the order in which they are asked.
const METHODS: [&str; 2] = [
    "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// Services that are taken note of, files of definitions, and their bytes together.
const MOST_SERVICES: usize = 1000;
const MOST_FILES: usize = 2000;
const MOST_BYTES: usize = 16 << 20;

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
    let (questions, messages) = queue(1);
    let first = match wanted {
        Wanted::All | Wanted::Names => Question::ListServices("*".to_owned()),
        Wanted::Symbol(symbol) => Question::FileContainingSymbol(symbol.to_owned()),
    };
    // There is room for one.
    let _ = questions.try_send(first.bytes());
    let going = caller.begin(method, headers.clone(), messages).await?;
    let mut talk = Talk { questions, going, files: Files::default(), told: Reflected::default() };
    let answer = talk.answer().await?;
    match wanted {
        Wanted::Symbol(symbol) => talk.files_of(symbol, answer),
        Wanted::All | Wanted::Names => talk.names(answer),
    }
    if wanted == Wanted::All {
        for service in talk.told.services.clone() {
            if !talk.files.defines(&service) {
                let answer = talk.ask(Question::FileContainingSymbol(service.clone())).await?;
                talk.files_of(&service, answer);
            }
        }
    }
    talk.dependencies().await?;
    Ok(talk.told())
}

/// A stream of questions and answers.
struct Talk {
    questions: mpsc::Sender<Bytes>,
    going: Going,
    files: Files,
    told: Reflected,
}

impl Talk {
    async fn ask(&mut self, question: Question) -> Result<Answer, Ended> {
        // Whose other end is gone gives no answer either, and says why.
        let _ = self.questions.send(question.bytes()).await;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<Answer, Ended> {
        let message = self.going.next().await?;
        match Reply::decode(message) {
            Ok(reply) => Ok(reply.answer.unwrap_or(Answer::Other(Vec::new()))),
            Err(error) => {
                let status = tonic::Status::internal(format!("no answer of a reflection service: {error}"));
                Err(Ended::of(&status))
            }
        }
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
                self.told.services = all;
            }
            other => self.told.troubles.push(other.trouble("the list of services")),
        }
    }

    fn files_of(&mut self, what: &str, answer: Answer) {
        match answer {
            Answer::Files(files) => {
                if let Err(why) = self.files.add(files) {
                    self.told.troubles.push(format!("{what}: {why}"));
                }
            }
            other => self.told.troubles.push(other.trouble(what)),
        }
    }

    /// Asks for files that others import and that have not come with them.
    async fn dependencies(&mut self) -> Result<(), Ended> {
        while let Some(name) = self.files.missing() {
            let answer = self.ask(Question::FileByName(name.clone())).await?;
            self.files_of(&name, answer);
        }
        Ok(())
    }

    fn told(mut self) -> Reflected {
        match Definitions::of_files(self.files.whole()) {
            Ok(definitions) => self.told.definitions = definitions,
            Err(why) => self.told.troubles.push(format!("the definitions cannot be used: {why}")),
        }
        self.told
    }
}

/// Files of definitions, each once.
#[derive(Default)]
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
            Answer::Error(error) => format!("{what}: {}", error.message),
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
