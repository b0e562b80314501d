//! Long messages of Triple, to a provider that takes frames of 8 MiB, as Dubbo's do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use serde_json::json;
use tokio::net::TcpListener;

use super::super::Scene;

const FRAME: u32 = 8 << 20;

/// Sends what it gets back, with the windows and frames of Java's provider. Counts bytes, and how many the longest frame held.
async fn serve(listener: TcpListener, longest: Arc<AtomicUsize>) {
    let (stream, _) = listener.accept().await.unwrap();
    let mut builder = h2::server::Builder::new();
    builder.max_frame_size(FRAME).initial_window_size(FRAME).initial_connection_window_size(2 * FRAME);
    let mut connection = builder.handshake::<_, Bytes>(stream).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let longest = Arc::clone(&longest);
        tokio::spawn(async move {
            let mut body = request.into_body();
            let head = Response::builder().header("content-type", "application/grpc+proto").body(()).unwrap();
            let mut out = respond.send_response(head, false).unwrap();
            while let Some(Ok(data)) = body.data().await {
                longest.fetch_max(data.len(), Ordering::AcqRel);
                let _ = body.flow_control().release_capacity(data.len());
                out.send_data(data, false).unwrap();
            }
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", HeaderValue::from_static("0"));
            out.send_trailers(trailers).unwrap();
        });
    }
}

#[test]
fn a_message_of_8_mib_passes_both_ways_in_frames_that_let_others_in() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let node = listener.local_addr().unwrap().to_string();
    let longest = Arc::new(AtomicUsize::new(0));
    runtime.spawn(serve(listener, Arc::clone(&longest)));
    let scene = Scene::new();
    scene.route("tri", &[node], json!({}));
    let message: Vec<u8> = (0..FRAME).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let reply = scene.client().call("/acme.Files/echo", &[], &[&message]);
    assert_eq!((reply.status, reply.grpc(), reply.messages.len()), (200, Some("0"), 1));
    assert!(reply.messages[0] == message, "it has changed on its way");
    let longest = longest.load(Ordering::Acquire);
    assert!((1 << 12..=16 << 10).contains(&longest), "{longest}");
    runtime.shutdown_background();
}
