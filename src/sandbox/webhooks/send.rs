//! One POST to the App, over plain HTTP: the look-alike and the service share a machine.

use crate::sandbox::world::model::Delivery;
use crate::sandbox::world::time::now;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// GitHub waits ten seconds for the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// As much of an answer as the log keeps.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Sends a delivery once and fills in what came of it.
pub(super) async fn send(mut delivery: Delivery) -> Delivery {
    let began = Instant::now();
    delivery.delivered_at = now();
    match tokio::time::timeout(PATIENCE, post(&delivery)).await {
        Ok(Ok((status, headers, body))) => {
            delivery.status =
                if (200..300).contains(&status) { "OK".into() } else { format!("Invalid HTTP Response: {status}") };
            (delivery.status_code, delivery.response_headers, delivery.response_body) = (status, headers, body);
        }
        Ok(Err(trouble)) => {
            (delivery.status_code, delivery.status) = (0, format!("failed to connect to host: {trouble}"));
        }
        Err(_) => {
            (delivery.status_code, delivery.status) = (504, "timed out".into());
        }
    }
    delivery.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    delivery
}

type Answer = (u16, std::collections::BTreeMap<String, String>, String);

async fn post(delivery: &Delivery) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
    let url: http::Uri = delivery.url.parse()?;
    let authority = url.authority().ok_or("the webhook URL has no host")?.clone();
    let port = authority.port_u16().unwrap_or(80);
    let stream = TcpStream::connect((authority.host(), port)).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let path = url.path_and_query().map_or("/", |p| p.as_str());
    let mut request = http::Request::post(path).header(http::header::HOST, authority.as_str());
    for (name, value) in &delivery.request_headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::from(delivery.payload.clone())))?;
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let headers = response.headers().iter();
    let headers = headers.map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned())).collect();
    let body =
        Limited::new(response.into_body(), LONGEST_ANSWER).collect().await.map(http_body_util::Collected::to_bytes);
    driver.abort();
    Ok((status, headers, body.map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default()))
}
