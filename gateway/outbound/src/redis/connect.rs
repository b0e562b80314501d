//! A connection, and how one is made.

use std::rc::Rc;
use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, RedisConnectionInfo, RedisError, Value, cmd};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::{Address, Login, Place, Server};

/// A connection over which many calls go at once. Clones are the same connection; it is closed with the last.
#[derive(Clone)]
pub(super) struct Connection {
    calls: MultiplexedConnection,
    driver: Rc<Driver>,
}

/// The task that reads and writes.
struct Driver(AbortHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connection {
    /// Sends a call and waits for its answer.
    pub(super) async fn send(&mut self, call: &Cmd) -> Result<Value, RedisError> {
        self.calls.send_packed_command(call).await?.extract_error()
    }

    /// Sends `ASKING` and a call, which is then taken by a node that a slot is moving to.
    pub(super) async fn send_asking(&mut self, call: &Cmd) -> Result<Value, RedisError> {
        let mut both = redis::pipe();
        both.cmd("ASKING").ignore().add_command(call.clone());
        let mut answers = self.calls.send_packed_commands(&both, 0, 2).await?;
        answers.pop().unwrap_or_default().extract_error()
    }

    /// Whether both are one.
    pub(super) fn is(&self, other: &Connection) -> bool {
        Rc::ptr_eq(&self.driver, &other.driver)
    }
}

/// Makes a connection to a place.
///
/// # Errors
/// What went wrong, with the address, without credentials.
pub(super) async fn connect(server: &Server, place: &Place) -> Result<Connection, String> {
    match place {
        Place::One(address) => {
            let mut made = open(server, address, &server.settings.login, server.settings.database).await?;
            // The system takes connections also for a server that does not run any more.
            let answer = within(server, made.send(&cmd("PING"))).await;
            match answer {
                Ok(_) => Ok(made),
                Err(NoAnswer::Refused(error)) if error.code() == Some("NOPERM") => Ok(made),
                Err(error) => Err(format!("Redis at {address}: {error}")),
            }
        }
        Place::Sentinel { sentinels, master, replica, login } => {
            through_sentinels(server, sentinels, master, *replica, login).await
        }
        // Its nodes are connected one by one.
        Place::Cluster(_) => Err("a cluster has no one connection".to_owned()),
    }
}

/// Asks the sentinels in turn, and believes one whose word holds: what it names must answer and say that it is one.
async fn through_sentinels(
    server: &Server,
    sentinels: &[Address],
    master: &str,
    replica: bool,
    login: &Login,
) -> Result<Connection, String> {
    let mut last = "no sentinel is configured".to_owned();
    for sentinel in sentinels {
        let tried = async {
            let mut asked = open(server, sentinel, login, 0).await?;
            let named = ask_sentinel(server, &mut asked, master, replica)
                .await
                .map_err(|e| format!("the sentinel at {sentinel}: {e}"))?;
            let mut found = open(server, &named, &server.settings.login, server.settings.database).await?;
            let role = within(server, found.send(&cmd("ROLE"))).await.map_err(|e| format!("{named}: {e}"))?;
            let is_master = matches!(texts(&role).next(), Some(b"master"));
            match is_master != replica {
                true => Ok(found),
                false => Err(format!("{named} is not what the sentinel at {sentinel} says")),
            }
        };
        match tried.await {
            Ok(found) => return Ok(found),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn ask_sentinel(
    server: &Server,
    sentinel: &mut Connection,
    master: &str,
    replica: bool,
) -> Result<Address, NoAnswer> {
    let mut question = cmd("SENTINEL");
    question.arg(if replica { "REPLICAS" } else { "GET-MASTER-ADDR-BY-NAME" }).arg(master);
    let answer = within(server, sentinel.send(&question)).await?;
    let unknown =
        || NoAnswer::Unknown(format!("it knows no {} of {master}", if replica { "replica" } else { "address" }));
    if !replica {
        let mut parts = texts(&answer);
        return address(parts.next(), parts.next()).ok_or_else(unknown);
    }
    let Value::Array(replicas) = &answer else { return Err(unknown()) };
    replicas.iter().find_map(reachable).ok_or_else(unknown)
}

/// The address in what a sentinel says of a replica, unless it says that it is down.
fn reachable(said: &Value) -> Option<Address> {
    let fields: Vec<&[u8]> = texts(said).collect();
    let field =
        |name: &[u8]| fields.chunks_exact(2).find(|pair| pair.first() == Some(&name)).and_then(|pair| pair.get(1));
    let flags = field(b"flags").copied().unwrap_or_default();
    let down = flags.split(|b| *b == b',').any(|flag| matches!(flag, b"s_down" | b"o_down" | b"disconnected"));
    if down {
        return None;
    }
    address(field(b"ip").copied(), field(b"port").copied())
}

fn address(host: Option<&[u8]>, port: Option<&[u8]>) -> Option<Address> {
    let host = String::from_utf8(host?.to_vec()).ok()?;
    let port = std::str::from_utf8(port?).ok()?.parse().ok()?;
    Some(Address { host, port })
}

/// The texts of a list.
pub(super) fn texts(value: &Value) -> impl Iterator<Item = &[u8]> {
    let items = match value {
        Value::Array(items) => &items[..],
        _ => &[],
    };
    items.iter().filter_map(|item| match item {
        Value::BulkString(text) => Some(&text[..]),
        Value::SimpleString(text) => Some(text.as_bytes()),
        _ => None,
    })
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    #[error("{0}")]
    Refused(#[from] RedisError),
    #[error("{0}")]
    Late(String),
    #[error("{0}")]
    Unknown(String),
}

async fn within(server: &Server, call: impl Future<Output = Result<Value, RedisError>>) -> Result<Value, NoAnswer> {
    match timeout(server.settings.connect_timeout, call).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(NoAnswer::Late(late(server))),
    }
}

fn late(server: &Server) -> String {
    format!("no answer within {} ms", server.settings.connect_timeout.as_millis())
}

/// A connection to an address: TCP, TLS, then login and database.
async fn open(server: &Server, to: &Address, login: &Login, database: u32) -> Result<Connection, String> {
    let named = |what: String| format!("Redis at {to}: {what}");
    let steps = async {
        let stream = TcpStream::connect((&*to.host, to.port)).await.map_err(|e| e.to_string())?;
        // Calls are small and answers are waited for.
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        let Some(tls) = &server.tls else { return greet(stream, login, database).await };
        let name = ServerName::try_from(to.host.clone()).map_err(|e| e.to_string())?;
        let secure = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await.map_err(|e| e.to_string())?;
        greet(secure, login, database).await
    };
    match timeout(server.settings.connect_timeout, steps).await {
        Ok(made) => made.map_err(named),
        Err(_) => Err(named(late(server))),
    }
}

async fn greet<S>(stream: S, login: &Login, database: u32) -> Result<Connection, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut info = RedisConnectionInfo::default().set_skip_set_lib_name().set_db(i64::from(database));
    if let Some(password) = login.password.as_deref().filter(|p| !p.is_empty()) {
        info = info.set_password(password);
        if let Some(username) = &login.username {
            info = info.set_username(username);
        }
    }
    // Callers have deadlines of their own.
    let config = AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(None);
    let (calls, driver) =
        MultiplexedConnection::new_with_config(&info, stream, config).await.map_err(|e| e.to_string())?;
    let driver = tokio::spawn(driver);
    Ok(Connection { calls, driver: Rc::new(Driver(driver.abort_handle())) })
}
