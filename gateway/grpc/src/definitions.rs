//! What is known of services and messages: out of source, descriptor sets, or files of a server's.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use prost_reflect::prost::Message as _;
use prost_reflect::prost_types::{FileDescriptorProto, FileDescriptorSet};
use prost_reflect::{DescriptorPool, EnumDescriptor, MessageDescriptor, MethodDescriptor, ServiceDescriptor};
use protox::Compiler;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};

/// Definitions that agree with each other.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    pool: DescriptorPool,
}

/// How many messages go each way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    /// The client sends any number.
    pub client: bool,
    /// The server sends any number.
    pub server: bool,
}

impl Definitions {
    /// Those of the content of an object under `/protos`: source text, or a descriptor set in base64.
    ///
    /// # Errors
    /// What the compiler says.
    pub fn stored(content: &str) -> Result<Definitions, String> {
        pool(content).map(|pool| Definitions { pool })
    }

    /// Those of a descriptor set, as `protoc -o` writes it.
    ///
    /// # Errors
    /// The bytes are none, or what they say contradicts itself.
    pub fn set(bytes: &[u8]) -> Result<Definitions, String> {
        let set = FileDescriptorSet::decode(bytes).map_err(|error| format!("no descriptor set: {error}"))?;
        if set.file.is_empty() {
            return Err("no descriptor set: there is no file in it".to_owned());
        }
        Definitions::of_files(set.file)
    }

    /// Those of a file of source, which may import others: of the folders, of its own, and well-known ones.
    ///
    /// # Errors
    /// A file cannot be read, or what the compiler says.
    pub fn source_file(path: &Path, folders: &[&Path]) -> Result<Definitions, String> {
        let own = path.parent().unwrap_or(Path::new(""));
        let own = if own.as_os_str().is_empty() { Path::new(".") } else { own };
        let includes: Vec<&Path> = folders.iter().copied().chain([own]).collect();
        let pool = guarded(|| {
            let mut compiler = Compiler::new(includes).map_err(|error| error.to_string())?;
            compiler.include_imports(true);
            compiler.open_file(path).map_err(|error| error.to_string())?;
            Ok(compiler.descriptor_pool())
        })?;
        Ok(Definitions { pool })
    }

    /// Those of files as servers tell of them.
    ///
    /// # Errors
    /// They contradict themselves or each other, or one that is needed is missing.
    pub fn of_files(files: Vec<FileDescriptorProto>) -> Result<Definitions, String> {
        guarded(|| from_files(files)).map(|pool| Definitions { pool })
    }

    /// The services, by name.
    pub fn services(&self) -> Vec<ServiceDescriptor> {
        let mut all: Vec<ServiceDescriptor> = self.pool.services().collect();
        all.sort_by(|a, b| a.full_name().cmp(b.full_name()));
        all
    }

    /// The service of this full name.
    pub fn service(&self, name: &str) -> Option<ServiceDescriptor> {
        self.pool.get_service_by_name(name)
    }

    /// A method of a service.
    pub fn method(&self, service: &str, method: &str) -> Option<MethodDescriptor> {
        self.service(service)?.methods().find(|known| known.name() == method)
    }

    /// Whether this is the name of a service, one of its methods (behind a dot), a message or an enum.
    pub fn defines(&self, symbol: &str) -> bool {
        let method = || symbol.rsplit_once('.').is_some_and(|(service, method)| self.method(service, method).is_some());
        self.service(symbol).is_some() || self.message(symbol).is_some() || self.values(symbol).is_some() || method()
    }

    /// The message of this full name.
    pub fn message(&self, name: &str) -> Option<MessageDescriptor> {
        self.pool.get_message_by_name(name)
    }

    /// The enum of this full name.
    pub fn values(&self, name: &str) -> Option<EnumDescriptor> {
        self.pool.get_enum_by_name(name)
    }

    /// All of it as a descriptor set, on the wire.
    pub fn encoded(&self) -> Vec<u8> {
        self.pool.encode_to_vec()
    }

    /// The definitions themselves.
    pub fn pool(&self) -> &DescriptorPool {
        &self.pool
    }
}

impl Streams {
    /// Those of a method.
    pub fn of(method: &MethodDescriptor) -> Streams {
        Streams { client: method.is_client_streaming(), server: method.is_server_streaming() }
    }
}

/// Compiles the content of an object under `/protos`: source text, or a descriptor set in base64.
///
/// # Errors
/// What the compiler says.
pub fn pool(content: &str) -> Result<DescriptorPool, String> {
    guarded(|| match descriptor_set(content) {
        Some(set) => from_files(set.file),
        None => from_source(content),
    })
}

/// Both compilers have panicked over what they were given; that is one more definition that is none.
fn guarded(compile: impl FnOnce() -> Result<DescriptorPool, String>) -> Result<DescriptorPool, String> {
    catch_unwind(AssertUnwindSafe(compile)).unwrap_or_else(|_| Err("the definitions contradict themselves".to_owned()))
}

/// Source has characters that base64 has not.
fn descriptor_set(content: &str) -> Option<FileDescriptorSet> {
    let packed: String = content.split_ascii_whitespace().collect();
    let bytes = BASE64.decode(packed).ok()?;
    FileDescriptorSet::decode(&*bytes).ok().filter(|set| !set.file.is_empty())
}

fn from_source(source: &str) -> Result<DescriptorPool, String> {
    let mut files = ChainFileResolver::new();
    files.add(Only(source.to_owned()));
    files.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(files);
    compiler.include_imports(true);
    compiler.open_file(NAME).map_err(|e| e.to_string())?;
    Ok(compiler.descriptor_pool())
}

/// What the source of a proto is called in messages of the parser.
const NAME: &str = "content.proto";

struct Only(String);

impl FileResolver for Only {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if name != NAME {
            return Err(protox::Error::file_not_found(name));
        }
        File::from_source(NAME, &self.0)
    }
}

fn from_files(mut files: Vec<FileDescriptorProto>) -> Result<DescriptorPool, String> {
    if let Some(file) = files.iter().find(|file| !matches!(file.syntax(), "" | "proto2" | "proto3")) {
        return Err(format!("{}: syntax `{}` is not known: proto2 or proto3 are", file.name(), file.syntax()));
    }
    // Well-known files need not be in the set.
    let known = DescriptorPool::global();
    let mut at = 0;
    while let Some(file) = files.get(at) {
        at += 1;
        let absent = |name: &&String| !files.iter().any(|f| f.name() == name.as_str());
        let missing: Vec<FileDescriptorProto> = file
            .dependency
            .iter()
            .filter(absent)
            .filter_map(|name| known.get_file_by_name(name))
            .map(|file| file.file_descriptor_proto().clone())
            .collect();
        files.extend(missing);
    }
    let mut pool = DescriptorPool::new();
    pool.add_file_descriptor_protos(files).map_err(|e| e.to_string())?;
    Ok(pool)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_of_every_kind() {
        let source =
            "syntax = \"proto3\"; package a; import \"google/protobuf/empty.proto\"; message M { string s = 1; }
            service S { rpc One (M) returns (google.protobuf.Empty); rpc Many (stream M) returns (stream M); }";
        let stored = Definitions::stored(source).unwrap();
        let again = Definitions::set(&stored.encoded()).unwrap();
        let base64 = Definitions::stored(&BASE64.encode(stored.encoded())).unwrap();
        for known in [stored, again, base64] {
            assert_eq!(known.services().iter().map(|s| s.full_name().to_owned()).collect::<Vec<_>>(), ["a.S"]);
            let streams = |name: &str| known.method("a.S", name).map(|method| Streams::of(&method));
            assert_eq!(streams("One"), Some(Streams { client: false, server: false }));
            assert_eq!(streams("Many"), Some(Streams { client: true, server: true }));
            assert!(streams("None").is_none() && known.method("a.T", "One").is_none());
        }
        for bad in [&b""[..], b"\xff", b"\x0a\x02\x0a\x00"] {
            assert!(Definitions::set(bad).is_err() || Definitions::set(bad).unwrap().services().is_empty(), "{bad:?}");
        }
        assert!(Definitions::stored("message").is_err());
    }
}
