//! The PROXY protocol: bounded, the same whatever pieces it comes in, and what it says written again says the same.
#![no_main]

use gateway_fuzz::cuts;
use gateway_http1::{Proxied, V1_MAX, V2_MAX, proxy_protocol};
use libfuzzer_sys::fuzz_target;
use std::net::{IpAddr, SocketAddr};

fuzz_target!(|data: &[u8]| {
    let whole = proxy_protocol(data);
    for cut in cuts(data.len()) {
        match (proxy_protocol(&data[..cut]), &whole) {
            (Ok(None), _) | (Err(_), Err(_)) => {}
            (Ok(part), Ok(whole)) => assert_eq!(part, *whole, "with {cut} bytes"),
            (part, whole) => panic!("{part:?} with {cut} bytes, then {whole:?}"),
        }
    }
    let most = if data.first() == Some(&b'P') { V1_MAX } else { 16 + V2_MAX };
    match whole {
        Ok(None) if data.is_empty() => {}
        Ok(None) => {
            assert!(data.len() < most, "more than a header, and none yet");
            // A length is judged before what it is the length of has come.
            let announced = data.get(14..16).map_or(0, |n| usize::from(n[0]) << 8 | usize::from(n[1]));
            assert!(data[0] == b'P' || announced <= V2_MAX);
        }
        Ok(Some(got)) => {
            assert!(got.len <= data.len() && got.len <= most);
            assert_eq!(proxy_protocol(&data[..got.len]), Ok(Some(got)), "what follows counts");
            assert!(proxy_protocol(&data[..got.len - 1]) == Ok(None), "whole before its end");
            says(&data[..got.len], &got);
        }
        Err(_) => {}
    }
});

/// The header says these addresses, and headers of both versions that say them are read so.
fn says(header: &[u8], got: &Proxied) {
    if let Some(text) = header.strip_prefix(b"PROXY ") {
        let text = std::str::from_utf8(text).expect("a text");
        let line = text.strip_suffix("\r\n").expect("a line");
        assert!(!line.contains('\n'));
        match got.addresses {
            // What follows is to be ignored, whatever it is.
            None => assert!(line.split(' ').next() == Some("UNKNOWN")),
            Some((from, to)) => {
                let parts: Vec<&str> = line.split(' ').collect();
                let family = if from.is_ipv4() { "TCP4" } else { "TCP6" };
                assert_eq!((parts.len(), parts[0], from.is_ipv4()), (5, family, to.is_ipv4()));
                let ports = [from.port().to_string(), to.port().to_string()];
                assert_eq!(
                    (parts[1].parse(), parts[2].parse(), &parts[3..]),
                    (Ok(from.ip()), Ok(to.ip()), &[&*ports[0], &*ports[1]][..])
                );
            }
        }
    } else {
        let length = usize::from(header[14]) << 8 | usize::from(header[15]);
        assert_eq!((header.len(), header[12] >> 4), (16 + length, 2));
        assert!(got.addresses.is_none() || header[12] == 0x21, "addresses of a connection of the balancer's own");
    }
    let Some((from, to)) = got.addresses else { return };
    for again in [version1(from, to).into_bytes(), version2(from, to)] {
        assert_eq!(proxy_protocol(&again), Ok(Some(Proxied { len: again.len(), addresses: got.addresses })));
    }
}

fn version1(from: SocketAddr, to: SocketAddr) -> String {
    let family = if from.is_ipv4() { "TCP4" } else { "TCP6" };
    format!("PROXY {family} {} {} {} {}\r\n", from.ip(), to.ip(), from.port(), to.port())
}

fn version2(from: SocketAddr, to: SocketAddr) -> Vec<u8> {
    let octets = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let body =
        [&octets(from.ip())[..], &octets(to.ip()), &from.port().to_be_bytes(), &to.port().to_be_bytes()].concat();
    let family = if from.is_ipv4() { 0x11 } else { 0x21 };
    [&b"\r\n\r\n\0\r\nQUIT\n"[..], &[0x21, family, 0, body.len() as u8], &body].concat()
}
