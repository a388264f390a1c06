//! How a till is let in: the codes it is claimed with, and its certificates.

use std::fmt;

use domain::sale::TillRef;
use domain::time::WallMs;
use sqlx::AnyConnection;

use crate::error::{ClaimProblem, StoreError, What};
use crate::ids::{Actor, ClaimId, Hash};
use crate::sql::{
    Failure, Fields, column, composed, execute, fetch_each, fetch_one, fetch_value, fetch_values, values,
};
use crate::store::{Store, on_key};
use crate::tills::read_till_ref;

/// Longest serial number of a certificate, in bytes (RFC 5280, section 4.1.2.2).
pub const SERIAL_MAX_LEN: usize = 20;

/// A claim code as it is made: the code itself is shown once and never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClaim {
    /// A new id.
    pub id: ClaimId,
    /// The till that it makes whoever types it.
    pub till: TillRef,
    /// SHA-256 of the code.
    pub code_hash: Hash,
    /// Who made it.
    pub made_by: Actor,
    /// Until when it is good.
    pub expires_at: WallMs,
}

/// A claim code that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its id.
    pub id: ClaimId,
    /// The till.
    pub till: TillRef,
    /// Who made it.
    pub made_by: Actor,
    /// When.
    pub made_at: WallMs,
    /// Until when it is good.
    pub expires_at: WallMs,
    /// When a later one took its place.
    pub withdrawn_at: Option<WallMs>,
    /// When it was redeemed.
    pub used_at: Option<WallMs>,
}

/// Serial number of a certificate: big-endian bytes as in X.509, without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateSerial(Vec<u8>);

impl CertificateSerial {
    /// Takes the bytes as a certificate has them; leading zeros do not count.
    pub fn new(bytes: &[u8]) -> Result<Self, StoreError> {
        let start = bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len());
        let bytes = &bytes[start..];
        if bytes.is_empty() || bytes.len() > SERIAL_MAX_LEN {
            let problem = format!("a serial number has 1 to {SERIAL_MAX_LEN} bytes, not {}", bytes.len());
            return Err(StoreError::invalid(What::Certificate, "", problem));
        }
        Ok(Self(bytes.to_vec()))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for CertificateSerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

column!(CertificateSerial as Vec<u8>, |serial| serial.0.clone(), |bytes| {
    CertificateSerial::new(&bytes).map_err(|error| error.to_string())
});

/// A certificate as it was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCertificate {
    /// Its serial number.
    pub serial: CertificateSerial,
    /// SHA-256 of its DER bytes.
    pub fingerprint: Hash,
    /// From when it is good.
    pub not_before: WallMs,
    /// Until when it is good.
    pub not_after: WallMs,
}

/// A till's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TillCertificate {
    /// Whose it is.
    pub till: TillRef,
    /// As it was issued.
    pub certificate: NewCertificate,
    /// When it was issued.
    pub issued_at: WallMs,
    /// When it was revoked.
    pub revoked_at: Option<WallMs>,
}

const CLAIM: &str =
    "SELECT id, org, store, till, made_by, made_at, expires_at, withdrawn_at, used_at FROM claim";
const CERTIFICATE: &str =
    "SELECT org, store, till, serial, fingerprint, not_before, not_after, issued_at, revoked_at
                           FROM certificate";

impl Store {
    /// Makes a claim code for a till. Earlier codes for it that nobody redeemed are withdrawn.
    pub async fn create_claim(&self, claim: &NewClaim, now: WallMs) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            self.lock_till_in_use(connection, &claim.till).await?;
            withdraw_claims(connection, &claim.till, now).await?;
            let sql = "INSERT INTO claim (org, store, till, id, code_hash, made_by, made_at, expires_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
            let NewClaim { id, till, code_hash, made_by, expires_at } = claim;
            let values = values![till, id, code_hash, made_by, &now, expires_at];
            on_key(
                execute(connection, sql, values).await,
                || StoreError::exists(What::Claim, id),
                || StoreError::not_found(What::Till, &till.till),
            )?;
            writing.commit().await
        })
        .await
    }

    /// The claim that a code belongs to, where it can be redeemed now: the till to make a certificate for.
    pub async fn open_claim(&self, code_hash: &Hash, now: WallMs) -> Result<Claim, StoreError> {
        self.answer(async {
            let mut connection = self.reading().await?;
            find_open_claim(&mut connection, code_hash, now, "").await
        })
        .await
    }

    /// Redeems a code: it is used up and the certificate is the till's, or nothing happened. Of several at once one wins.
    pub async fn redeem_claim(
        &self,
        code_hash: &Hash,
        certificate: &NewCertificate,
        now: WallMs,
    ) -> Result<TillRef, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            let claim = find_open_claim(connection, code_hash, now, self.engine().for_update()).await?;
            self.lock_till_in_use(connection, &claim.till).await?;
            let sql = "UPDATE claim SET used_at = $2 WHERE id = $1 AND used_at IS NULL";
            if execute(connection, sql, values![&claim.id, &now]).await? == 0 {
                return Err(StoreError::Claim(ClaimProblem::Used).into());
            }
            insert_certificate(connection, &claim.till, Some(&claim.id), certificate, now).await?;
            writing.commit().await?;
            Ok(claim.till)
        })
        .await
    }

    /// The codes that were made for a till, newest first.
    pub async fn claims(&self, till: &TillRef) -> Result<Vec<Claim>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{CLAIM} WHERE org = $1 AND store = $2 AND till = $3 ORDER BY made_at DESC, id"
            ));
            fetch_each(&mut *self.reading().await?, What::Claim, sql, values![till], read_claim).await
        })
        .await
    }

    /// Keeps a certificate that renews one of the till's, which must not be revoked.
    pub async fn renew_certificate(
        &self,
        till: &TillRef,
        renews: &CertificateSerial,
        certificate: &NewCertificate,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            self.lock_till_in_use(connection, till).await?;
            let sql = "SELECT COALESCE(revoked_at, -1) FROM certificate
                       WHERE org = $1 AND store = $2 AND till = $3 AND serial = $4";
            let revoked_at: Option<i64> =
                fetch_value(connection, What::Certificate, sql, values![till, renews]).await?;
            match revoked_at {
                None => return Err(StoreError::not_found(What::Certificate, renews).into()),
                Some(-1) => insert_certificate(connection, till, None, certificate, now).await?,
                Some(_) => {
                    let problem = "is revoked: claim the till with a new code";
                    return Err(StoreError::conflict(What::Certificate, renews, problem).into());
                }
            }
            writing.commit().await
        })
        .await
    }

    /// Keeps a certificate that a till has and this database does not: it was restored from a copy that is older. Only for a till
    /// in use that has another certificate which is not revoked; whatever was revoked since the copy is not known here.
    pub async fn take_up_certificate(
        &self,
        till: &TillRef,
        certificate: &NewCertificate,
        now: WallMs,
    ) -> Result<(), StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let connection = writing.connection();
            self.lock_till_in_use(connection, till).await?;
            let sql = "SELECT COUNT(*) FROM certificate
                       WHERE org = $1 AND store = $2 AND till = $3 AND revoked_at IS NULL";
            let counting: Option<i64> =
                fetch_value(connection, What::Certificate, sql, values![till]).await?;
            if counting.unwrap_or(0) == 0 {
                let problem = "is the till's only one that is not revoked: claim the till with a new code";
                return Err(StoreError::conflict(What::Certificate, &certificate.serial, problem).into());
            }
            insert_certificate(connection, till, None, certificate, now).await?;
            writing.commit().await
        })
        .await
    }

    /// A certificate by its serial number, revoked or not. It is what says which organisation's a connection is.
    pub async fn certificate(&self, serial: &CertificateSerial) -> Result<TillCertificate, StoreError> {
        self.answer(async {
            let sql = composed(format!("{CERTIFICATE} WHERE serial = $1"));
            let row = fetch_one(&mut *self.reading().await?, sql, values![serial]).await?;
            let row = row.ok_or_else(|| StoreError::not_found(What::Certificate, serial))?;
            read_certificate(&mut Fields::of(&row, What::Certificate))
        })
        .await
    }

    /// The certificates of a till, newest first.
    pub async fn certificates(&self, till: &TillRef) -> Result<Vec<TillCertificate>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{CERTIFICATE} WHERE org = $1 AND store = $2 AND till = $3 ORDER BY issued_at DESC, serial"
            ));
            let values = values![till];
            fetch_each(&mut *self.reading().await?, What::Certificate, sql, values, read_certificate).await
        })
        .await
    }

    /// Revokes every certificate of a till; gives back those that were not revoked before.
    pub async fn revoke_certificates(
        &self,
        till: &TillRef,
        now: WallMs,
    ) -> Result<Vec<CertificateSerial>, StoreError> {
        self.answer(async {
            let mut writing = self.writing().await?;
            let revoked = revoke(writing.connection(), till, now).await?;
            writing.commit().await?;
            Ok(revoked)
        })
        .await
    }

    /// Certificates that are revoked and would still be good otherwise, of all organisations: what a revocation list names.
    pub async fn revoked_certificates(&self, now: WallMs) -> Result<Vec<TillCertificate>, StoreError> {
        self.answer(async {
            let sql = composed(format!(
                "{CERTIFICATE} WHERE revoked_at IS NOT NULL AND not_after > $1 ORDER BY serial"
            ));
            let values = values![&now];
            fetch_each(&mut *self.reading().await?, What::Certificate, sql, values, read_certificate).await
        })
        .await
    }
}

fn read_claim(fields: &mut Fields<'_>) -> Result<Claim, Failure> {
    Ok(Claim {
        id: fields.take()?,
        till: read_till_ref(fields)?,
        made_by: fields.take()?,
        made_at: fields.take()?,
        expires_at: fields.take()?,
        withdrawn_at: fields.take_option()?,
        used_at: fields.take_option()?,
    })
}

fn read_certificate(fields: &mut Fields<'_>) -> Result<TillCertificate, Failure> {
    Ok(TillCertificate {
        till: read_till_ref(fields)?,
        certificate: NewCertificate {
            serial: fields.take()?,
            fingerprint: fields.take()?,
            not_before: fields.take()?,
            not_after: fields.take()?,
        },
        issued_at: fields.take()?,
        revoked_at: fields.take_option()?,
    })
}

async fn find_open_claim(
    connection: &mut AnyConnection,
    code_hash: &Hash,
    now: WallMs,
    lock: &str,
) -> Result<Claim, Failure> {
    let sql = composed(format!("{CLAIM} WHERE code_hash = $1{lock}"));
    let row = fetch_one(connection, sql, values![code_hash]).await?;
    let row = row.ok_or(StoreError::Claim(ClaimProblem::Unknown))?;
    let claim = read_claim(&mut Fields::of(&row, What::Claim))?;
    let problem = if claim.used_at.is_some() {
        ClaimProblem::Used
    } else if claim.withdrawn_at.is_some() {
        ClaimProblem::Withdrawn
    } else if claim.expires_at <= now {
        ClaimProblem::Expired
    } else {
        return Ok(claim);
    };
    Err(StoreError::Claim(problem).into())
}

pub(crate) async fn withdraw_claims(
    connection: &mut AnyConnection,
    till: &TillRef,
    now: WallMs,
) -> Result<(), Failure> {
    let sql = "UPDATE claim SET withdrawn_at = $4
               WHERE org = $1 AND store = $2 AND till = $3 AND used_at IS NULL AND withdrawn_at IS NULL";
    execute(connection, sql, values![till, &now]).await?;
    Ok(())
}

async fn insert_certificate(
    connection: &mut AnyConnection,
    till: &TillRef,
    claim: Option<&ClaimId>,
    certificate: &NewCertificate,
    now: WallMs,
) -> Result<(), Failure> {
    let sql = "INSERT INTO certificate
                   (org, store, till, claim, serial, fingerprint, not_before, not_after, issued_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let NewCertificate { serial, fingerprint, not_before, not_after } = certificate;
    let values = values![till, claim, serial, fingerprint, not_before, not_after, &now];
    on_key(
        execute(connection, sql, values).await,
        || StoreError::exists(What::Certificate, serial),
        || StoreError::not_found(What::Till, &till.till),
    )?;
    Ok(())
}

pub(crate) async fn revoke(
    connection: &mut AnyConnection,
    till: &TillRef,
    now: WallMs,
) -> Result<Vec<CertificateSerial>, Failure> {
    let sql = "UPDATE certificate SET revoked_at = $4
               WHERE org = $1 AND store = $2 AND till = $3 AND revoked_at IS NULL RETURNING serial";
    fetch_values(connection, What::Certificate, sql, values![till, &now]).await
}
