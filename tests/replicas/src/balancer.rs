//! Hands each connection to the next gateway that takes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

/// A balancer that listens and does not answer yet.
pub(crate) struct Balancer {
    listener: TcpListener,
    pub(crate) address: String,
}

pub(crate) async fn bind() -> anyhow::Result<Balancer> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    Ok(Balancer { listener, address })
}

impl Balancer {
    /// Serves from now on.
    pub(crate) fn serve(self, ports: Vec<u16>) {
        let (ports, turn) = (Arc::new(ports), Arc::new(AtomicUsize::new(0)));
        tokio::spawn(async move {
            while let Ok((mut client, _)) = self.listener.accept().await {
                let (ports, turn) = (ports.clone(), turn.clone());
                tokio::spawn(async move {
                    // A client whose gateways are all down sees its connection closed.
                    for _ in 0..ports.len() {
                        let port = ports[turn.fetch_add(1, Ordering::Relaxed) % ports.len()];
                        if let Ok(mut gateway) = TcpStream::connect(("127.0.0.1", port)).await {
                            let _ = copy_bidirectional(&mut client, &mut gateway).await;
                            break;
                        }
                    }
                });
            }
        });
    }
}
