//! Over a real socket: which servers a wallet talks to.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use farthing_core::{SoftwareKeyStore, Wallet, WalletConfig, WalletError};
use farthing_gateway::server::{ServeOptions, Started, TlsFiles, serve};
use farthing_protocol::{Digest, base64url};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PublicKeyData};
use tokio::sync::oneshot;

/// A certificate authority of a company, and the certificate of its gateway.
struct Certificates {
    authority: Vec<u8>,
    pin: String,
    files: TlsFiles,
}

fn certificates(folder: &Path) -> Certificates {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".into()]).unwrap().signed_by(&key, &authority).unwrap();
    let files = TlsFiles { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") };
    std::fs::write(&files.certificate, certificate.pem()).unwrap();
    std::fs::write(&files.key, key.serialize_pem()).unwrap();
    let pin = base64url(Digest::of(&key.subject_public_key_info()).as_bytes());
    Certificates { authority: authority.der().to_vec(), pin, files }
}

/// Serves a gateway while `client` runs.
async fn with_gateway(folder: &Path, tls: Option<TlsFiles>, client: impl AsyncFnOnce(Started)) {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let options = ServeOptions {
        data: folder.join("gateway"),
        listen,
        database: None,
        tls,
        drain: std::time::Duration::ZERO,
        fault_script: None,
    };
    let (tell, started) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = serve(options, |started| tell.send(started.clone()).unwrap(), async {
        let _ = stopped.await;
    });
    let using = async {
        client(started.await.unwrap()).await;
        stop.send(()).unwrap();
    };
    let (served, ()) = tokio::join!(serving, using);
    served.unwrap();
}

fn config(started: &Started, folder: &Path, name: &str) -> WalletConfig {
    let address = started.address.replace("127.0.0.1", "localhost");
    WalletConfig::new(address, &started.publishable_key, folder.join(name))
        .root_key(&started.root_key)
        .syncs_by_itself(false)
}

async fn sync(config: WalletConfig, folder: &Path) -> Result<(), WalletError> {
    let keys = tempfile::tempdir_in(folder).unwrap();
    let wallet = Wallet::open(config, Arc::new(SoftwareKeyStore::new(keys.path().join("keys.json")))).await?;
    let synced = wallet.sync().await.map(|_| ());
    wallet.close().await;
    synced
}

#[tokio::test]
async fn a_wallet_talks_only_to_servers_that_are_vouched_for_and_pinned() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, certificates) = (folder.path(), certificates(folder.path()));
    with_gateway(folder, Some(certificates.files), async |started| {
        let unknown = sync(config(&started, folder, "unknown"), folder).await;
        assert!(matches!(unknown, Err(WalletError::GatewayNotTrusted { .. })), "{unknown:?}");

        let trusting = |name| config(&started, folder, name).tls_roots(vec![certificates.authority.clone()]);
        assert_eq!(sync(trusting("vouched"), folder).await, Ok(()));

        let other = base64url(&[7; 32]);
        let pinned = trusting("pinned").key_pins(vec![other.clone(), certificates.pin.clone()]);
        assert_eq!(sync(pinned, folder).await, Ok(()));
        let wrong = sync(trusting("wrong").key_pins(vec![other.clone(), other]), folder).await;
        assert!(
            matches!(&wrong, Err(WalletError::GatewayNotTrusted { reason }) if reason.contains("pinned")),
            "{wrong:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_gateway_with_another_root_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    with_gateway(folder, None, async |started| {
        let foreign = config(&started, folder, "foreign").root_key(base64url(&[7; 32]));
        let refused = sync(foreign, folder).await;
        assert!(matches!(refused, Err(WalletError::GatewayNotTrusted { .. })), "{refused:?}");
        assert_eq!(sync(config(&started, folder, "own"), folder).await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn a_gateway_that_is_not_there_is_offline() {
    let folder = tempfile::tempdir().unwrap();
    // Port 1 is nobody's on a machine that runs tests.
    let config = WalletConfig::new("http://127.0.0.1:1", "pk_test_1", folder.path()).syncs_by_itself(false);
    assert!(matches!(sync(config, folder.path()).await, Err(WalletError::Offline { .. })));
}
