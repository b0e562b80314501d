//! A gateway process of its own for each test.

use std::collections::BTreeSet;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Answer, Client};

/// The admin key of every test.
pub const KEY: &str = "a-key-for-tests-only-0123456789";

/// Longest wait for a condition.
const PATIENCE: Duration = Duration::from_secs(30);

/// A built binary of this workspace; `GATEWAY` and `GATEWAYCTL` in the environment name others, of a release for instance.
pub fn binary(name: &str) -> PathBuf {
    if let Some(path) = std::env::var_os(name.to_ascii_uppercase()) {
        return path.into();
    }
    // The test runs from TARGET/PROFILE/deps; the binaries lie one folder up.
    let me = std::env::current_exe().expect("the test has a path");
    let dir = me.ancestors().nth(2).expect("the test lies in a target folder");
    let path = dir.join(name);
    assert!(path.is_file(), "{} is missing: run `cargo build --workspace` first", path.display());
    path
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        // Once it is closed, the kernel may give the same one to the next asker.
        if GIVEN.lock().expect("nobody panics with it").insert(port) {
            return port;
        }
    }
}

/// The lines of a log so far: one that is still being written is left out. Empty where there is no file.
pub fn whole_lines(log: &Path) -> String {
    let mut bytes = std::fs::read(log).unwrap_or_default();
    bytes.truncate(bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Waits until `condition` gives something.
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(done) = condition() {
            return done;
        }
        assert!(Instant::now() < until, "waited {PATIENCE:?} for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// How a test's gateway differs from the usual one.
#[derive(Debug, Default, Clone)]
pub struct Options {
    /// Merged over the configuration.
    pub config: Option<Value>,
    /// Variables of the process.
    pub env: Vec<(String, String)>,
    /// Whether it is `gateway demo`.
    pub demo: bool,
}

/// A running gateway.
pub struct Gateway {
    child: Option<Child>,
    dir: TempDir,
    config: Value,
    env: Vec<(String, String)>,
    demo: bool,
    /// The proxy.
    pub proxy: SocketAddr,
    /// The Admin API.
    pub admin: SocketAddr,
    /// The Control API.
    pub control: SocketAddr,
    /// `/status`.
    pub status: SocketAddr,
    /// Prometheus metrics.
    pub metrics: SocketAddr,
}

impl Gateway {
    /// Starts one with the usual configuration and waits until it serves.
    pub fn start() -> Gateway {
        Gateway::with(Options::default())
    }

    /// Starts one whose configuration has `config` merged over it.
    pub fn configured(config: Value) -> Gateway {
        Gateway::with(Options { config: Some(config), ..Options::default() })
    }

    /// Starts one.
    pub fn with(options: Options) -> Gateway {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let [proxy, admin, control, status, metrics] = std::array::from_fn(|_| local(free_port()));
        let dir = tempfile::tempdir().expect("a directory");
        let mut config = json!({
            "apisix": {
                "node_listen": [{ "ip": "127.0.0.1", "port": proxy.port() }],
                "control": { "ip": "127.0.0.1", "port": control.port() },
                "status": { "ip": "127.0.0.1", "port": status.port() },
            },
            "nginx_config": { "worker_processes": 2 },
            "gateway": { "data_dir": dir.path().join("data") },
            "deployment": { "admin": {
                "admin_key": [
                    { "name": "admin", "key": KEY, "role": "admin" },
                    { "name": "viewer", "key": format!("{KEY}-viewer"), "role": "viewer" },
                ],
                "admin_listen": { "ip": "127.0.0.1", "port": admin.port() },
            } },
            "plugin_attr": { "prometheus": { "export_addr": { "ip": "127.0.0.1", "port": metrics.port() } } },
        });
        if let Some(more) = options.config {
            merge(&mut config, more);
        }
        let mut gateway = Gateway {
            child: None,
            dir,
            config,
            env: options.env,
            demo: options.demo,
            proxy,
            admin,
            control,
            status,
            metrics,
        };
        gateway.write_config();
        gateway.spawn();
        gateway.wait_ready();
        gateway
    }

    /// The admin key.
    pub fn key(&self) -> &'static str {
        KEY
    }

    /// The data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.dir.path().join("config.json")
    }

    /// What the process wrote to its standard error so far.
    pub fn stderr(&self) -> String {
        whole_lines(&self.dir.path().join("stderr"))
    }

    /// Changes the configuration file; takes effect with a reload or restart.
    pub fn reconfigure(&mut self, more: Value) {
        merge(&mut self.config, more);
        self.write_config();
    }

    fn write_config(&self) {
        std::fs::write(self.config_file(), self.config.to_string()).expect("the configuration can be written");
    }

    /// Starts another process on the same data that is to take over; the former one. `wait_for` what it does.
    pub fn take_over(&mut self) -> Child {
        let former = self.child.take().expect("it runs");
        self.start_process(&["--takeover"]);
        former
    }

    /// Who was to take over has ended: the former process is the gateway again.
    pub fn give_back(&mut self, former: Child) {
        self.child = Some(former);
    }

    /// The configuration as it is now.
    pub fn configuration(&self) -> Value {
        self.config.clone()
    }

    fn spawn(&mut self) {
        self.start_process(&[]);
    }

    fn start_process(&mut self, arguments: &[&str]) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.dir.path().join("stderr"));
        let child = Command::new(binary("gateway"))
            .args(self.demo.then_some("demo"))
            .arg("--config")
            .arg(self.config_file())
            .args(arguments)
            .envs(self.env.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.expect("a file for its errors"))
            .spawn()
            .expect("the gateway starts");
        self.child = Some(child);
    }

    fn wait_ready(&mut self) {
        let status = self.status;
        let mut again = 100;
        wait_for("the gateway to be ready", || {
            if let Ok(Some(code)) = self.child.as_mut().expect("it was started").try_wait() {
                // Between its choice and its use the kernel may have given a port to a connection of another test.
                if again > 0 && self.stderr().contains("Address already in use") {
                    again -= 1;
                    std::fs::write(self.dir.path().join("stderr"), "").expect("a file for its errors");
                    self.spawn();
                    return None;
                }
                panic!("the gateway ended with {code}:\n{}", self.stderr());
            }
            std::net::TcpStream::connect(status).ok()?;
            let answer = Client::connect(status).request("GET", "/status/ready", &[("Connection", "close")], b"");
            (answer.status == 200).then_some(())
        });
    }

    /// The process.
    pub fn pid(&self) -> Pid {
        let id = self.child.as_ref().expect("it runs").id();
        Pid::from_raw(id.try_into().expect("a process id")).expect("a process id")
    }

    /// Its resident memory in KiB.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid().as_raw_nonzero()));
        let status = status.expect("the process is there");
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).expect("a line of it");
        line.split_whitespace().next().and_then(|n| n.parse().ok()).expect("a number")
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the process is there");
    }

    /// Waits until the process has ended.
    pub fn wait(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        wait_for("the gateway to end", || child.try_wait().expect("it can be asked"))
    }

    /// Whether the process still runs.
    pub fn running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|c| c.try_wait().is_ok_and(|code| code.is_none()))
    }

    /// Kills it (`kill -9`) and starts it again on the same data.
    pub fn crash_and_restart(&mut self) {
        self.signal(Signal::KILL);
        self.wait();
        self.restart();
    }

    /// Starts it again after it has ended.
    pub fn restart(&mut self) {
        self.spawn();
        self.wait_ready();
    }

    /// The same without waiting until it serves.
    pub fn launch(&mut self) {
        self.spawn();
    }

    /// What `/status/ready` answers; 0 where nobody listens.
    pub fn readiness(&self) -> u16 {
        if std::net::TcpStream::connect(self.status).is_err() {
            return 0;
        }
        Client::connect(self.status).request("GET", "/status/ready", &[("Connection", "close")], b"").status
    }

    /// A call to the Admin API.
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.call_raw(method, path, body.map(Value::to_string).unwrap_or_default().as_bytes())
    }

    /// The same with a body of any bytes.
    pub fn call_raw(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let headers = [("X-API-KEY", KEY), ("Connection", "close")];
        Client::connect(self.admin).request(method, &format!("/apisix/admin{path}"), &headers, body)
    }

    /// Puts an object, which must succeed.
    pub fn put(&self, path: &str, object: &Value) {
        let answer = self.call("PUT", path, Some(object));
        assert!(matches!(answer.status, 200 | 201), "PUT {path} {object}\n→ {} {}", answer.status, answer.text());
    }

    /// Deletes an object, which must succeed.
    pub fn delete(&self, path: &str) {
        let answer = self.call("DELETE", path, None);
        assert_eq!(answer.status, 200, "DELETE {path} → {}", answer.text());
    }

    /// A GET through the proxy on a connection of its own.
    pub fn get(&self, target: &str) -> Answer {
        self.get_with(target, &[])
    }

    /// The same with fields.
    pub fn get_with(&self, target: &str, headers: &[(&str, &str)]) -> Answer {
        Client::connect(self.proxy).request("GET", target, headers, b"")
    }

    /// The metrics as text.
    pub fn metrics(&self) -> String {
        Client::connect(self.metrics)
            .request("GET", "/apisix/prometheus/metrics", &[("Connection", "close")], b"")
            .text()
    }

    /// The value of one line of the metrics: its name, with labels as they are written there. 0 where there is none.
    pub fn metric(&self, series: &str) -> u64 {
        let text = self.metrics();
        let line = text.lines().find_map(|l| l.strip_prefix(series)?.strip_prefix(' ')?.parse::<f64>().ok());
        line.unwrap_or_default() as u64
    }

    /// What the access log holds so far.
    pub fn access_log(&self) -> String {
        whole_lines(&self.data_dir().join("logs/access.log"))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- stderr of the gateway ---\n{}", self.stderr());
        }
    }
}

/// `gatewayctl`, pointed at a gateway.
pub struct Ctl {
    server: SocketAddr,
    control: SocketAddr,
    proxy: SocketAddr,
    metrics: SocketAddr,
    home: TempDir,
}

impl Ctl {
    /// For a gateway.
    pub fn of(gateway: &Gateway) -> Ctl {
        let Gateway { admin: server, control, proxy, metrics, .. } = *gateway;
        Ctl { server, control, proxy, metrics, home: tempfile::tempdir().expect("a directory") }
    }

    /// Runs it with `arguments` and `input`.
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        self.spawn(arguments, input).wait_with_output().expect("it ends")
    }

    /// Starts it with `arguments`, and gives it its `input`.
    pub fn spawn(&self, arguments: &[&str], input: &str) -> Child {
        use std::io::Write;
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("gatewayctl starts");
        let _ = child.stdin.take().expect("it has an input").write_all(input.as_bytes());
        child
    }

    /// The command with `arguments`, in an environment of nothing but where the gateway is.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("gatewayctl"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .env("GATEWAYCTL_SERVER", format!("http://{}", self.server))
            .env("GATEWAYCTL_CONTROL_SERVER", format!("http://{}", self.control))
            .env("GATEWAYCTL_GATEWAY", format!("http://{}", self.proxy))
            .env("GATEWAYCTL_METRICS", format!("http://{}/apisix/prometheus/metrics", self.metrics))
            .env("GATEWAYCTL_KEY", KEY);
        command
    }

    /// Runs it, must succeed; gives its output.
    pub fn ok(&self, arguments: &[&str], input: &str) -> String {
        let out = self.run(arguments, input);
        assert!(out.status.success(), "gatewayctl {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).into_owned()
    }
}

pub(crate) fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// Permission bits of a file.
pub fn mode(path: &Path) -> u32 {
    let mut text = String::new();
    let _ = std::fs::File::open(path).and_then(|mut f| f.read_to_string(&mut text));
    std::fs::metadata(path).map_or(0, |m| m.permissions().mode() & 0o7777)
}
