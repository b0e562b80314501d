//! Messages one way to a server, over one connection that is opened when there is something to send. What the server says is read
//! and thrown away.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::Background;

/// Most messages that wait to be sent.
const WAITING: usize = 256;

/// A connection over which nothing is sent for so long is closed, before a server asks whether anybody is there.
const IDLE: Duration = Duration::from_secs(20);

/// What becomes of a message: told once, `false` where it was not sent.
pub type Done = Box<dyn FnOnce(bool) + Send>;

/// A server that messages go to.
#[derive(Debug)]
pub struct Frames {
    server: Arc<str>,
    patience: Duration,
    background: Arc<Background>,
    line: Mutex<Option<mpsc::Sender<Message>>>,
}

struct Message {
    bytes: Bytes,
    done: Told,
}

/// Tells what became of a message, be it that nobody has sent it.
struct Told(Option<Done>);

impl Told {
    fn tell(mut self, sent: bool) {
        if let Some(done) = self.0.take() {
            done(sent);
        }
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if let Some(done) = self.0.take() {
            done(false);
        }
    }
}

impl Frames {
    /// A server at `host:port`. Connecting and each write may take `patience`.
    pub fn new(server: &str, patience: Duration, background: Arc<Background>) -> Frames {
        Frames { server: server.into(), patience, background, line: Mutex::default() }
    }

    /// Sends a message, in the background. `done` is told whether it was written; `false` too where too many wait.
    pub fn send(&self, bytes: Bytes, done: Done) {
        let mut message = Message { bytes, done: Told(Some(done)) };
        let mut line = self.line.lock();
        if let Some(known) = &*line {
            match known.try_send(message) {
                Ok(()) => return,
                Err(mpsc::error::TrySendError::Full(full)) => {
                    drop(line);
                    return full.done.tell(false);
                }
                // The connection has ended.
                Err(mpsc::error::TrySendError::Closed(back)) => message = back,
            }
        }
        let (sender, waiting) = mpsc::channel(WAITING);
        // The channel is empty.
        let _ = sender.try_send(message);
        // A system without a thread for it: the messages are dropped with their channel, and so told.
        let started = self.background.spawn(carry(Arc::clone(&self.server), self.patience, waiting));
        *line = started.then_some(sender);
    }
}

/// A connection, until it fails or nothing is to be sent.
async fn carry(server: Arc<str>, patience: Duration, mut waiting: mpsc::Receiver<Message>) {
    let stream = match timeout(patience, TcpStream::connect(&*server)).await {
        Ok(Ok(stream)) => stream,
        failed => {
            tracing::debug!(server = &*server, ?failed, "no connection for messages");
            return;
        }
    };
    // It only costs time where it cannot be set.
    let _ = stream.set_nodelay(true);
    let (mut read, mut write) = stream.into_split();
    let mut thrown = [0; 4096];
    loop {
        tokio::select! {
            message = timeout(IDLE, waiting.recv()) => {
                let Ok(Some(message)) = message else { return };
                let written = timeout(patience, write.write_all(&message.bytes)).await;
                let sent = matches!(written, Ok(Ok(())));
                message.done.tell(sent);
                if !sent {
                    return;
                }
            }
            read = read.read(&mut thrown) => {
                if !matches!(read, Ok(1..)) {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn messages_go_over_one_connection_and_over_another_when_it_has_ended() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap().to_string();
        let frames = Frames::new(&server, Duration::from_secs(10), Arc::default());
        let (said, hear) = channel();
        let send = |text: &'static str| {
            let said = said.clone();
            frames.send(Bytes::from_static(text.as_bytes()), Box::new(move |sent| said.send((text, sent)).unwrap()));
        };
        send("one ");
        send("two ");
        let (mut stream, _) = listener.accept().unwrap();
        let mut got = [0; 8];
        stream.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"one two ");
        assert_eq!([hear.recv().unwrap(), hear.recv().unwrap()], [("one ", true), ("two ", true)]);
        drop(stream);
        // What is written before the end is seen is lost; what comes after it is not.
        listener.set_nonblocking(true).unwrap();
        let mut other = loop {
            send("more");
            hear.recv().unwrap();
            match listener.accept() {
                Ok((stream, _)) => break stream,
                Err(_) => std::thread::yield_now(),
            }
        };
        other.set_nonblocking(false).unwrap();
        let mut got = [0; 4];
        other.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"more");
    }

    #[test]
    fn a_message_that_nobody_takes_is_told_so() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let frames = Frames::new(&closed, Duration::from_secs(10), Arc::default());
        let (said, hear) = channel();
        frames.send(Bytes::from_static(b"x"), Box::new(move |sent| said.send(sent).unwrap()));
        assert!(!hear.recv().unwrap());
    }
}
