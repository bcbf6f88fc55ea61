//! Connections: how many, how slow, how long, and how they end. HTTP/1.1 only, since HTTP/2 has had a history of
//! floods (RUSTSEC-2024-0332 among others) and no webhook needs it. It never looks at a request.

use super::Limits;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

/// Comes true when the service is about to stop. Every request carries one, for answers that would not end by themselves.
#[derive(Debug, Clone)]
pub struct Closing(watch::Receiver<bool>);

impl Closing {
    /// Resolves when the service is about to stop.
    pub async fn wait(mut self) {
        // An error means the listener is gone, which is the same news.
        let _gone = self.0.wait_for(|closing| *closing).await;
    }
}

/// Serves until `shutdown` resolves, then gives the open connections time to finish.
pub async fn serve(listener: TcpListener, router: Router, limits: &Limits, shutdown: impl Future<Output = ()>) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    let (close, closing) = watch::channel(false);
    let closing = Closing(closing);
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, slot) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        tokio::spawn(connection(stream, router.clone(), limits.clone(), closing.clone(), slot));
    }
    drop(listener);
    close.send_replace(true);
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    if tokio::time::timeout(Duration::from_millis(limits.drain_ms), slots.acquire_many(all)).await.is_err() {
        tracing::warn!("some connections did not finish in time and are cut");
    }
}

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let slot = Arc::clone(slots).acquire_owned().await.expect("the semaphore of connections is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, slot),
            Err(error) => {
                // Mostly "too many open files", which passes when connections end; asking again at once would spin.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router, limits: Limits, closing: Closing, _slot: OwnedSemaphorePermit) {
    // Answers are small and written at once; a failure only makes them later.
    let _slower = stream.set_nodelay(true);
    let mark = closing.clone();
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(mark.clone());
        request
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_millis(limits.header_ms))
            .max_buf_size(64 << 10)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
    );
    tokio::select! {
        // A connection that broke has no one left to be told.
        _ended = connection.as_mut() => return,
        () = closing.wait() => {}
        () = tokio::time::sleep(Duration::from_millis(limits.connection_ms)) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ended = tokio::time::timeout(Duration::from_millis(limits.drain_ms), connection).await;
}
