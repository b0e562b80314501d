//! Over TLS: whom the tool trusts, whom it shows itself to. The server's certificate is for `admin.example`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, LazyLock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::fake::KEY;
use crate::scene::Scene;

const CA: &str = include_str!("tls/ca.pem");
const SERVER: (&str, &str) = (include_str!("tls/server.pem"), include_str!("tls/server.key"));
const CLIENT: (&str, &str) = (include_str!("tls/client.pem"), include_str!("tls/client.key"));

static PROVIDER: LazyLock<Arc<rustls::crypto::CryptoProvider>> =
    LazyLock::new(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));

/// An Admin API without objects, and the heads of the requests it got.
fn serve(client_certificates: bool) -> (SocketAddr, Receiver<String>) {
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&PROVIDER)).with_safe_default_protocol_versions().unwrap();
    let builder = if client_certificates {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(CA.as_bytes()).unwrap()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&PROVIDER));
        builder.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let chain = vec![CertificateDer::from_pem_slice(SERVER.0.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(SERVER.1.as_bytes()).unwrap();
    let config = Arc::new(builder.with_single_cert(chain, key).unwrap());

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, heads) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            let mut head = Vec::new();
            let mut byte = [0];
            // Whoever does not trust the certificate goes away here.
            while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                head.extend(byte);
            }
            let answer =
                "HTTP/1.1 200 OK\r\nContent-Length: 22\r\nConnection: close\r\n\r\n{\"list\":[],\"total\":0}\n";
            if stream.write_all(answer.as_bytes()).is_ok() {
                stream.conn.send_close_notify();
                let _ = stream.flush();
                let _ = sender.send(String::from_utf8(head).unwrap());
            }
        }
    });
    (address, heads)
}

fn scene(address: SocketAddr) -> Scene {
    let scene = Scene::alone()
        .env("GATEWAYCTL_SERVER", &format!("https://{address}"))
        .env("GATEWAYCTL_KEY", KEY)
        .env("NO_COLOR", "1");
    for (name, text) in [("ca.pem", CA), ("client.pem", CLIENT.0), ("client.key", CLIENT.1), ("empty.pem", "nothing\n")]
    {
        scene.file(name, text);
    }
    scene
}

#[test]
fn a_certificate_of_the_named_authority_for_the_named_host() {
    let (address, heads) = serve(false);
    let seen = scene(address).run("get routes -o name --ca ~/ca.pem --tls-server-name admin.example");
    assert_eq!(seen.code, 0, "{}", seen.text);
    let head = heads.recv().unwrap();
    assert!(head.contains(&format!("host: {address}\r\n")), "{head}");
}

#[test]
fn nobody_else_is_trusted() {
    let (address, _heads) = serve(false);
    for line in [
        "get routes --retries 0",
        "get routes --retries 0 --tls-server-name admin.example",
        "get routes --retries 0 --ca ~/ca.pem",
        "get routes --retries 0 --ca ~/ca.pem --tls-server-name other.example",
    ] {
        let seen = scene(address).run(line);
        assert_eq!(seen.code, 6, "{}", seen.text);
        assert!(seen.stderr.starts_with("error: cannot connect to"), "{}", seen.text);
        assert!(seen.stderr.to_lowercase().contains("certificate"), "{}", seen.text);
    }
}

/// A request through the gateway has a flag of its own, and the port is not what is wrong.
#[test]
fn a_request_to_somebody_who_is_not_trusted() {
    let (address, _heads) = serve(false);
    let seen = scene(address).run(&format!("test https://other.example:1/x --gateway https://{address}"));
    assert!(seen.stderr.contains("-k does not verify the certificate"), "{}", seen.text);
    assert!(!seen.stderr.contains("--gateway says") && !seen.stderr.contains("OtherError"), "{}", seen.text);
}

#[test]
fn no_verification_warns_each_time() {
    let (address, heads) = serve(false);
    let seen = scene(address).run("get routes -o name --insecure-skip-verify");
    assert_eq!(
        (seen.code, seen.stderr.as_str()),
        (0, "warning: the server's certificate is not verified\n"),
        "{}",
        seen.text
    );
    assert!(heads.recv().unwrap().to_lowercase().contains("x-api-key"));
}

#[test]
fn a_client_certificate_is_shown() {
    let (address, heads) = serve(true);
    let trust = "--ca ~/ca.pem --tls-server-name admin.example";
    let seen = scene(address).run(&format!("get routes -o name {trust} --cert ~/client.pem --cert-key ~/client.key"));
    assert_eq!(seen.code, 0, "{}", seen.text);
    heads.recv().unwrap();
    let seen = scene(address).run(&format!("get routes --retries 0 {trust}"));
    assert_eq!(seen.code, 6, "{}", seen.text);
}

#[test]
fn files_that_hold_no_certificate() {
    let (address, _heads) = serve(false);
    insta::assert_snapshot!(scene(address).runs(&[
        "get routes --ca ~/empty.pem",
        "get routes --ca ~/none.pem",
        "get routes --cert ~/client.pem",
        "get routes --cert ~/empty.pem --cert-key ~/client.key",
    ]));
}
