//! Whether the server is there and takes the key.

use rdns::powerdns::{Server, answer};
use testkit::dns::NameServer;

use crate::world::{api, refused, unclear};

#[tokio::test]
async fn vf_259_a_ping_tells_a_wrong_key_and_a_wrong_server_from_a_right_one() {
    let server = NameServer::start("ns1").await;
    let ping = api().ping();
    assert_eq!(answer::ping(&server.send(&ping).await), Ok(()));
    for key in ["", "wrong", &server.key().to_lowercase()] {
        let words = refused(answer::ping(&server.client().with_key(key).send(&ping).await));
        assert!(
            words.contains("HTTP 401") && words.contains("\"api-key\""),
            "{words}"
        );
    }
    let other = Server::new("ns1.example.test").ping();
    let words = refused(answer::ping(&server.send(&other).await));
    assert!(
        words.contains("HTTP 404") && words.contains("\"localhost\""),
        "{words}"
    );
}

#[tokio::test]
async fn vf_259_a_ping_of_a_server_that_is_down_says_so_and_succeeds_when_it_is_up_again() {
    let mut server = NameServer::start("ns1").await;
    server.stop();
    let words = unclear(answer::ping(&server.send(&api().ping()).await));
    assert!(
        words.starts_with("The server could not be asked: not sent: "),
        "{words}"
    );
    server.start_again().await;
    assert_eq!(answer::ping(&server.send(&api().ping()).await), Ok(()));
}
