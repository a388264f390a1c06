//! Who somebody at the broker is, and what they may do there: their certificate says so, and nothing that they send does.

use std::future::{Future, ready};
use std::net::SocketAddr;
use std::pin::Pin;

use mqtt5::Result;
use mqtt5::broker::auth::{AuthProvider, AuthResult};
use mqtt5::packet::connect::ConnectPacket;
use mqtt5::protocol::v5::reason_codes::ReasonCode;
use wire::topics::{ROOT, client_id, may_publish, may_subscribe, till_path};

use crate::ca::{CertificateError, TillIdentity, read_cloud_certificate, read_till_certificate};

/// The version of MQTT that is spoken: 5.0. With 3.1.1 a refusal looks like success.
const VERSION: u8 = 5;

/// Somebody at the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Peer {
    /// A till.
    Till(TillIdentity),
    /// A process of the cloud, by its name.
    Cloud(String),
}

/// Decides for one connection, whose end it was made for.
#[derive(Debug)]
pub(super) struct Guard {
    peer: Peer,
}

impl Peer {
    /// Reads a certificate (DER) that TLS has found genuine and not ended.
    pub(super) fn read(certificate: &[u8]) -> std::result::Result<Self, CertificateError> {
        match read_cloud_certificate(certificate) {
            Some(name) => Ok(Self::Cloud(name)),
            None => read_till_certificate(certificate).map(Self::Till),
        }
    }

    /// As logs name it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Till(identity) => till_path(&identity.till),
            Self::Cloud(name) => name.clone(),
        }
    }

    /// The only name that it may have at the broker: a name is a session, and whoever has the name has what waits in it.
    fn client_id(&self) -> String {
        match self {
            Self::Till(identity) => client_id(&identity.till),
            Self::Cloud(name) => name.clone(),
        }
    }

    fn may_publish(&self, topic: &str) -> bool {
        match self {
            Self::Till(identity) => may_publish(&identity.till, topic),
            Self::Cloud(_) => is_ours(topic),
        }
    }

    fn may_subscribe(&self, filter: &str) -> bool {
        match self {
            Self::Till(identity) => may_subscribe(&identity.till, filter),
            Self::Cloud(_) => is_ours(filter),
        }
    }
}

fn is_ours(topic: &str) -> bool {
    topic.strip_prefix(ROOT).is_some_and(|rest| rest.starts_with('/'))
}

impl Guard {
    pub(super) fn new(peer: Peer) -> Self {
        Self { peer }
    }

    fn greet(&self, connect: &ConnectPacket) -> AuthResult {
        if connect.protocol_version != VERSION {
            let reason = "speak MQTT 5.0";
            return AuthResult::fail_with_reason(ReasonCode::UnsupportedProtocolVersion, reason);
        }
        let own = self.peer.client_id();
        if connect.client_id != own {
            let reason = format!("by your certificate your client id is `{own}`");
            return AuthResult::fail_with_reason(ReasonCode::ClientIdentifierNotValid, reason);
        }
        if let Some(will) = &connect.will
            && !self.peer.may_publish(&will.topic)
        {
            let reason = "your last will is for a topic that is not yours";
            return AuthResult::fail_with_reason(ReasonCode::NotAuthorized, reason);
        }
        AuthResult::success_with_user(self.peer.name())
    }
}

impl AuthProvider for Guard {
    fn authenticate<'a>(
        &'a self,
        connect: &'a ConnectPacket,
        _: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = Result<AuthResult>> + Send + 'a>> {
        Box::pin(ready(Ok(self.greet(connect))))
    }

    fn authorize_publish<'a>(
        &'a self,
        _: &str,
        _: Option<&'a str>,
        topic: &'a str,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(ready(self.peer.may_publish(topic)))
    }

    fn authorize_subscribe<'a>(
        &'a self,
        _: &str,
        _: Option<&'a str>,
        filter: &'a str,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(ready(self.peer.may_subscribe(filter)))
    }
}
