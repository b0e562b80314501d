//! Encryption of secret fields at rest.
//!
//! | ring | scheme | text |
//! |---|---|---|
//! | generated, `<data_dir>/keyring` | AES-256-GCM, random nonce | `$gcm1$` and base64 of nonce, ciphertext, tag |
//! | configured, `apisix.data_encryption.keyring` | APISIX's: AES-128/256-CBC, PKCS#7, the IV is the first 16 bytes of the key | base64 |
//!
//! A configured ring encrypts, so that APISIX reads the values too; the generated one goes on decrypting what it
//! encrypted before. A value with `$gcm1$` that no key decrypts is an error: used as it is, its ciphertext would be the
//! secret. What was encrypted under APISIX's published ring is read whatever the ring, as it comes with imported objects, and is
//! encrypted under the ring's own key when it is written again. APISIX's scheme leaves no mark, so any other value that no key decrypts is taken as it is: it was never encrypted.

use std::borrow::Cow;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
    UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use zeroize::Zeroizing;

const FILE: &str = "keyring";
const FILE_NEW: &str = "keyring.new";
/// First line of the file; the number is the version of its form.
const TITLE: &str = "gateway-keyring 1";
/// What tells an encrypted value from a plain one, with the version of the scheme.
const PREFIX: &str = "$gcm1$";
/// The ring that APISIX ships with. Everybody knows it, so it hides nothing.
const PUBLISHED: [&str; 2] = ["qeddd145sfvddff3", "edd1c9f0985e76a2"];
const GENERATED_KEY_BYTES: usize = 32;

/// The keys that encrypt and decrypt secret fields.
pub struct Keyring {
    /// In the order of the configuration: the first encrypts.
    configured: Vec<CbcKey>,
    /// APISIX's own, for what was imported: they open, and never encrypt.
    published: Vec<CbcKey>,
    /// In the order of the file: the first encrypts if no ring is configured.
    generated: Vec<LessSafeKey>,
    created: bool,
}

/// A value is encrypted, and no key of the ring opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret is encrypted under a key that the key ring does not hold")]
pub struct Unreadable;

/// Whether a value says of itself that it is encrypted under a generated ring.
pub fn is_sealed(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// Where the generated ring of a data directory lies.
pub fn path(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

impl Keyring {
    /// The ring of a data directory. `configured` is `apisix.data_encryption.keyring`, empty if there is none: then
    /// the ring in the file `keyring` of `dir` encrypts, and is generated if there is no such file.
    ///
    /// # Errors
    /// If a configured key is not 16 or 32 bytes long, or the file cannot be read, written or understood; a file
    /// that cannot be understood is never replaced, since values may be encrypted under it.
    pub fn open(dir: &Path, configured: &[String]) -> Result<Self, KeyringError> {
        let configured =
            configured.iter().enumerate().map(|(at, key)| CbcKey::new(at, key)).collect::<Result<_, _>>()?;
        let published = PUBLISHED.iter().enumerate().map(|(at, key)| CbcKey::new(at, key)).collect::<Result<_, _>>()?;
        let mut ring = Self { configured, published, generated: Vec::new(), created: false };
        let path = path(dir);
        let fail = |source| KeyringError::Io { path: path.display().to_string(), source };
        match fs::read_to_string(&path) {
            Ok(text) => {
                let text = Zeroizing::new(text);
                close_to_others(&path).map_err(fail)?;
                ring.generated = parse(&text).ok_or_else(|| KeyringError::File { path: path.display().to_string() })?;
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound && ring.configured.is_empty() => {
                let text = generate()?;
                write_lasting(dir, &text).map_err(fail)?;
                ring.generated = parse(&text).ok_or(KeyringError::Cipher)?;
                ring.created = true;
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) if e.kind() == io::ErrorKind::InvalidData => {
                return Err(KeyringError::File { path: path.display().to_string() });
            }
            Err(e) => return Err(fail(e)),
        }
        Ok(ring)
    }

    /// Whether [`Keyring::open`] generated the ring: in a store that is not new, what was encrypted under a lost ring
    /// is lost with it, and the operator should be told.
    pub fn created(&self) -> bool {
        self.created
    }

    /// Whether the ring is one of the configuration: what it writes, APISIX can read.
    pub fn is_configured(&self) -> bool {
        !self.configured.is_empty()
    }

    /// The encrypted form of `plain`.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    pub fn encrypt(&self, plain: &str) -> Result<String, KeyringError> {
        if let Some(key) = self.configured.first() {
            return key.encrypt(plain);
        }
        let key = self.generated.first().ok_or(KeyringError::Cipher)?;
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| KeyringError::Random)?;
        let mut sealed = plain.as_bytes().to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .map_err(|_| KeyringError::Cipher)?;
        let mut out = String::from(PREFIX);
        STANDARD_NO_PAD.encode_string([nonce.as_slice(), &sealed].concat(), &mut out);
        Ok(out)
    }

    /// What `stored` says: decrypted if it is encrypted under a key of the ring, as it is if it is not encrypted.
    ///
    /// # Errors
    /// It says of itself that it is encrypted, and no key opens it.
    pub fn decrypt<'a>(&self, stored: &'a str) -> Result<Cow<'a, str>, Unreadable> {
        match stored.strip_prefix(PREFIX) {
            Some(encoded) => self.open_gcm(encoded).map(Cow::Owned).ok_or(Unreadable),
            None => Ok(self.open_cbc(stored).map_or(Cow::Borrowed(stored), Cow::Owned)),
        }
    }

    fn open_gcm(&self, encoded: &str) -> Option<String> {
        let sealed = STANDARD_NO_PAD.decode(encoded).ok()?;
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        self.generated.iter().find_map(|key| {
            let mut bytes = sealed.to_vec();
            let plain = key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut bytes).ok()?;
            std::str::from_utf8(plain).ok().map(str::to_owned)
        })
    }

    fn open_cbc(&self, encoded: &str) -> Option<String> {
        let sealed = STANDARD.decode(encoded).ok().filter(|sealed| !sealed.is_empty())?;
        let opened = self.configured.iter().chain(&self.published).find_map(|key| key.decrypt(&sealed));
        if opened.is_none() {
            // Plain values that happen to be base64 come here too, so this is no warning.
            tracing::debug!("a secret field is no ciphertext under the configured keys and is used as it is");
        }
        opened
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} configured, {} generated)", self.configured.len(), self.generated.len())
    }
}

/// Why a ring cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// A configured key has a length that AES does not know.
    #[error("apisix.data_encryption.keyring[{at}]: a key must have 16 or 32 characters, this one has {len}")]
    Length {
        /// Its place in the list, from 0.
        at: usize,
        /// Its length in bytes.
        len: usize,
    },
    /// The file is not a ring.
    #[error("{path} is not a key ring; put back the file that belongs to this data directory")]
    File {
        /// The file.
        path: String,
    },
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// The system's error.
        source: io::Error,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
    /// The cipher refused its input, which no input of ours makes it do.
    #[error("the cipher failed")]
    Cipher,
}

/// A key of APISIX's scheme, both ways.
struct CbcKey {
    encrypting: PaddedBlockEncryptingKey,
    decrypting: PaddedBlockDecryptingKey,
    iv: Zeroizing<[u8; 16]>,
}

impl CbcKey {
    fn new(at: usize, key: &str) -> Result<Self, KeyringError> {
        let bytes = key.as_bytes();
        let algorithm = match bytes.len() {
            16 => &AES_128,
            32 => &AES_256,
            len => return Err(KeyringError::Length { at, len }),
        };
        let iv = bytes.first_chunk().copied().ok_or(KeyringError::Cipher)?;
        let unbound = || UnboundCipherKey::new(algorithm, bytes).map_err(|_| KeyringError::Cipher);
        Ok(Self {
            encrypting: PaddedBlockEncryptingKey::cbc_pkcs7(unbound()?).map_err(|_| KeyringError::Cipher)?,
            decrypting: PaddedBlockDecryptingKey::cbc_pkcs7(unbound()?).map_err(|_| KeyringError::Cipher)?,
            iv: Zeroizing::new(iv),
        })
    }

    fn encrypt(&self, plain: &str) -> Result<String, KeyringError> {
        let mut bytes = plain.as_bytes().to_vec();
        self.encrypting
            .less_safe_encrypt(&mut bytes, EncryptionContext::Iv128(FixedLength::from(&*self.iv)))
            .map_err(|_| KeyringError::Cipher)?;
        Ok(STANDARD.encode(bytes))
    }

    fn decrypt(&self, sealed: &[u8]) -> Option<String> {
        let mut bytes = sealed.to_vec();
        let context = DecryptionContext::Iv128(FixedLength::from(&*self.iv));
        let plain = self.decrypting.decrypt(&mut bytes, context).ok()?;
        std::str::from_utf8(plain).ok().map(str::to_owned)
    }
}

/// The text of a new ring.
fn generate() -> Result<Zeroizing<String>, KeyringError> {
    let mut key = Zeroizing::new([0; GENERATED_KEY_BYTES]);
    getrandom::fill(&mut *key).map_err(|_| KeyringError::Random)?;
    // Sized so that the text is not moved, and left behind, while it grows.
    let mut text = Zeroizing::new(String::with_capacity(128));
    text.push_str(TITLE);
    text.push('\n');
    STANDARD.encode_string(key.as_slice(), &mut text);
    text.push('\n');
    Ok(text)
}

/// The keys of a ring's text: the title, then one key a line.
fn parse(text: &str) -> Option<Vec<LessSafeKey>> {
    let mut lines = text.lines();
    lines.next().filter(|title| *title == TITLE)?;
    let mut keys = Vec::new();
    for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
        let bytes = Zeroizing::new(STANDARD.decode(line).ok()?);
        keys.push(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).ok()?));
    }
    (!keys.is_empty()).then_some(keys)
}

/// Writes the ring so that it is there whole or not at all, also after a loss of power.
fn write_lasting(dir: &Path, text: &str) -> io::Result<()> {
    let new = dir.join(FILE_NEW);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, dir.join(FILE))?;
    File::open(dir)?.sync_all()
}

fn close_to_others(path: &Path) -> io::Result<()> {
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "the key ring could be read by other users; closing it to 0600");
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ring(keys: &[&str]) -> Keyring {
        let dir = tempfile::tempdir().unwrap();
        Keyring::open(dir.path(), &keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn configured_ring_writes_what_apisix_writes() {
        let ring = ring(&PUBLISHED);
        assert_eq!(ring.encrypt("auth-jack").unwrap(), "re62sf0vRJqOBjvJJ6RUcA==");
        assert_eq!(ring.decrypt("re62sf0vRJqOBjvJJ6RUcA==").unwrap(), "auth-jack");
    }

    #[test]
    fn what_apisix_wrote_under_its_published_ring_is_read_and_never_written() {
        let own = ring(&[]);
        for key in PUBLISHED {
            let theirs = ring(&[key]).encrypt("auth-jack").unwrap();
            assert_eq!(own.decrypt(&theirs).unwrap(), "auth-jack");
            assert_eq!(ring(&["0123456789abcdef"]).decrypt(&theirs).unwrap(), "auth-jack");
        }
        assert!(is_sealed(&own.encrypt("auth-jack").unwrap()));
    }

    #[test]
    fn every_configured_key_decrypts_and_the_first_encrypts() {
        let long = "0123456789abcdef0123456789abcdef";
        let old = ring(&["edd1c9f0985e76a2"]).encrypt("secret").unwrap();
        let ring = ring(&[long, PUBLISHED[0], PUBLISHED[1]]);
        assert_eq!(ring.decrypt(&old).unwrap(), "secret");
        assert_ne!(ring.encrypt("secret").unwrap(), old);
        assert_eq!(ring.decrypt(&ring.encrypt("secret").unwrap()).unwrap(), "secret");
    }

    #[test]
    fn what_is_not_encrypted_stays_as_it_is() {
        let configured = ring(&PUBLISHED);
        let generated = ring(&[]);
        for plain in ["", "plain", "cGxhaW4=", "gcm1", "$secret://vault/1/key", "AAAAAAAAAAAAAAAAAAAAAA=="] {
            assert_eq!(configured.decrypt(plain).unwrap(), plain);
            assert_eq!(generated.decrypt(plain).unwrap(), plain);
        }
    }

    #[test]
    fn what_is_encrypted_under_another_ring_is_never_taken_as_it_is() {
        let (configured, generated) = (ring(&PUBLISHED), ring(&[]));
        let foreign = ring(&[]).encrypt("s3cret").unwrap();
        for sealed in ["$gcm1$", "$gcm1$AAAA", &foreign] {
            assert!(is_sealed(sealed));
            assert_eq!(configured.decrypt(sealed), Err(Unreadable), "{sealed}");
            assert_eq!(generated.decrypt(sealed), Err(Unreadable), "{sealed}");
        }
    }

    #[test]
    fn wrong_key_lengths_are_refused_by_place() {
        let dir = tempfile::tempdir().unwrap();
        for key in ["", "short", "012345678901234567890123"] {
            let keys = [PUBLISHED[0].to_owned(), key.to_owned()];
            let error = Keyring::open(dir.path(), &keys).unwrap_err();
            assert!(error.to_string().starts_with("apisix.data_encryption.keyring[1]"), "{error}");
        }
    }

    #[test]
    fn generated_ring_is_closed_to_others_and_lasts() {
        let dir = tempfile::tempdir().unwrap();
        let first = Keyring::open(dir.path(), &[]).unwrap();
        assert!(first.created());
        let path = dir.path().join("keyring");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let sealed = first.encrypt("s3cret").unwrap();
        assert!(sealed.starts_with("$gcm1$") && !sealed.contains("s3cret"), "{sealed}");
        assert_ne!(first.encrypt("s3cret").unwrap(), sealed, "nonces are random");

        let second = Keyring::open(dir.path(), &[]).unwrap();
        assert!(!second.created());
        assert_eq!(second.decrypt(&sealed).unwrap(), "s3cret");
        // A ring that is configured later still reads what the generated one wrote.
        let later = Keyring::open(dir.path(), &[PUBLISHED[0].to_owned()]).unwrap();
        assert_eq!(later.decrypt(&sealed).unwrap(), "s3cret");
        assert!(!later.encrypt("x").unwrap().starts_with("$gcm1$"));
    }

    #[test]
    fn a_damaged_ring_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keyring");
        for text in
            [&b"gateway-keyring 1\n"[..], b"gateway-keyring 2\nAAAA\n", b"gateway-keyring 1\nAAAA\n", b"\xff\xfe", b""]
        {
            fs::write(&path, text).unwrap();
            assert!(matches!(Keyring::open(dir.path(), &[]), Err(KeyringError::File { .. })));
            assert_eq!(fs::read(&path).unwrap(), text);
        }
    }

    #[test]
    fn a_ring_with_two_keys_decrypts_with_both() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let old = Keyring::open(a.path(), &[]).unwrap().encrypt("old").unwrap();
        Keyring::open(b.path(), &[]).unwrap();
        let mut text = fs::read_to_string(b.path().join("keyring")).unwrap();
        text.push_str(fs::read_to_string(a.path().join("keyring")).unwrap().lines().nth(1).unwrap());
        fs::write(b.path().join("keyring"), text).unwrap();
        assert_eq!(Keyring::open(b.path(), &[]).unwrap().decrypt(&old).unwrap(), "old");
    }

    proptest! {
        #[test]
        fn decrypt_undoes_encrypt(plain: String) {
            for ring in [ring(&[]), ring(&PUBLISHED), ring(&["0123456789abcdef0123456789abcdef"])] {
                let sealed = ring.encrypt(&plain).unwrap();
                prop_assert_eq!(ring.decrypt(&sealed).unwrap(), plain.as_str());
            }
        }

        #[test]
        fn a_changed_value_is_not_taken_for_another(plain: String, at: prop::sample::Index) {
            let ring = ring(&[]);
            let mut sealed = ring.encrypt(&plain).unwrap().into_bytes();
            let at = PREFIX.len() + at.index(sealed.len() - PREFIX.len());
            sealed[at] = if sealed[at] == b'A' { b'B' } else { b'A' };
            let sealed = String::from_utf8(sealed).unwrap();
            prop_assert_eq!(ring.decrypt(&sealed), Err(Unreadable));
        }
    }
}
