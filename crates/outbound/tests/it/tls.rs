//! TLS is verified: only certificates of the system's or the endpoint's own authorities are talked to.

use std::net::SocketAddr;
use std::sync::Arc;

use domain::http::{Method, Outcome, Request, RetryClass};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::server::{Seen, assert_not_sent, endpoint_at, outbound, patient, send, start};

/// An authority's certificate as PEM, and a TLS server with a certificate of that authority for `name`.
async fn tls_server(name: &str) -> (SocketAddr, Seen, String) {
    let ca_key = KeyPair::generate().expect("keys can be made");
    let mut ca = CertificateParams::new(Vec::new()).expect("it has no names");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).expect("it can be signed").pem();
    let key = KeyPair::generate().expect("keys can be made");
    let certificate = CertificateParams::new(vec![name.to_owned()])
        .and_then(|leaf| leaf.signed_by(&key, &Issuer::new(ca, ca_key)))
        .expect("it can be signed");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider knows them")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).expect("it is a key"),
        )
        .expect("they belong together");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (address, seen) = start(move |_, stream, seen| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            while seen.read(&mut stream).await.is_some() {
                drop(
                    stream
                        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                        .await,
                );
            }
        }
    })
    .await;
    (address, seen, ca_pem)
}

fn create() -> Request {
    Request::new("create_server", Method::Post, "/servers", RetryClass::Creating)
}

#[tokio::test]
async fn vf_014_an_untrusted_certificate_receives_no_request() {
    let (address, seen, _) = tls_server("127.0.0.1").await;
    let endpoint = endpoint_at(&format!("https://{address}/api/v1"));
    assert_not_sent(
        send(&outbound(patient()), &endpoint, &create()).await,
        "certificate",
    );
    assert_eq!(seen.count(), 0);
}

#[tokio::test]
async fn an_additional_authority_is_trusted_by_its_own_endpoint_only() {
    let (address, seen, ca) = tls_server("127.0.0.1").await;
    let plain = endpoint_at(&format!("https://{address}/api/v1"));
    let trusting = plain.clone().with_extra_ca(&ca).expect("it is a certificate");
    let outbound = outbound(patient());
    let outcome = send(&outbound, &trusting, &create()).await;
    assert!(
        matches!(&outcome, Outcome::Answered(response) if response.status == 200),
        "{outcome:?}"
    );
    assert_not_sent(send(&outbound, &plain, &create()).await, "certificate");
    assert_eq!(seen.count(), 1);
}

#[tokio::test]
async fn vf_014_a_certificate_for_another_name_receives_no_request() {
    let (address, seen, ca) = tls_server("panel.example.com").await;
    let endpoint = endpoint_at(&format!("https://{address}/api/v1"))
        .with_extra_ca(&ca)
        .expect("it is a certificate");
    assert_not_sent(
        send(&outbound(patient()), &endpoint, &create()).await,
        "not valid for",
    );
    assert_eq!(seen.count(), 0);
}
