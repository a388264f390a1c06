use std::os::unix::fs::PermissionsExt as _;

use domain::ids::{OrgId, StoreId, TillId};

use super::*;

const DAY: Duration = Duration::from_secs(24 * 3600);
const NOW: WallMs = WallMs(1_795_000_000_000);

fn till() -> TillRef {
    TillRef {
        org: OrgId::new("acme").unwrap(),
        store: StoreId::new("berlin-1").unwrap(),
        till: TillId::new("till-1").unwrap(),
    }
}

/// A request that asks for everything it must not get.
fn greedy_request() -> String {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["cloud.example".to_owned()]).unwrap();
    params.subject_alt_names.push(SanType::URI("tillsight:acme/berlin-1/till-2".try_into().unwrap()));
    params.distinguished_name = named(&[(DnType::CommonName, "till-2")]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.serialize_request(&key).unwrap().pem().unwrap()
}

#[test]
fn is_made_once_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = Authority::open_or_make(folder.path(), NOW).unwrap();
    let again = Authority::open_or_make(folder.path(), WallMs(NOW.0 + 1)).unwrap();
    assert_eq!(first.certificate_pem(), again.certificate_pem());
    let mode = std::fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left behind");
}

#[test]
fn decides_itself_who_a_till_is() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open_or_make(folder.path(), NOW).unwrap();
    let issued = authority.issue_till(&greedy_request(), &till(), DAY, NOW).unwrap();
    let identity = read_till_certificate(&issued.der).unwrap();
    assert_eq!((identity.till, identity.serial), (till(), issued.serial));
    assert_eq!(
        (identity.not_after, issued.not_after),
        (WallMs(NOW.0 + 86_400_000), WallMs(NOW.0 + 86_400_000))
    );
    assert!(issued.not_before < NOW);
    for asked in ["till-2", "cloud.example"] {
        let found = issued.der.windows(asked.len()).any(|window| window == asked.as_bytes());
        assert!(!found, "`{asked}` came from the request");
    }
    let second = authority.issue_till(&greedy_request(), &till(), DAY, NOW).unwrap();
    assert_ne!(second.serial, issued.serial);
}

#[test]
fn names_a_till_as_brokers_look_at_it() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open_or_make(folder.path(), NOW).unwrap();
    let issued = authority.issue_till(&greedy_request(), &till(), DAY, NOW).unwrap();
    let (_, read) = x509_parser::parse_x509_certificate(&issued.der).unwrap();
    let names: Vec<&str> = read.subject().iter_common_name().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(names, ["acme/berlin-1/till-1"]);
    assert_eq!(read_cloud_certificate(&issued.der), None);
    let own = authority.issue_cloud_client("cloud", NOW).unwrap();
    let own = certificate::der_of(&own.chain_pem).unwrap();
    assert_eq!(read_cloud_certificate(&own).as_deref(), Some("cloud"));
    assert!(matches!(read_till_certificate(&own), Err(CertificateError::NoTill { found: 0 })));
    let sly = TillRef { till: TillId::new(RESERVED_TILL).unwrap(), ..till() };
    assert!(matches!(authority.issue_till(&greedy_request(), &sly, DAY, NOW), Err(CaError::ReservedName)));
}

#[test]
fn lists_what_was_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open_or_make(folder.path(), NOW).unwrap();
    let issued = authority.issue_till(&greedy_request(), &till(), DAY, NOW).unwrap();
    let list = authority.revocation_list(&[(issued.serial, NOW)], DAY, NOW).unwrap();
    let (_, block) = x509_parser::pem::parse_x509_pem(list.as_bytes()).unwrap();
    let (_, list) = x509_parser::parse_x509_crl(&block.contents).unwrap();
    let listed: Vec<_> = list.iter_revoked_certificates().map(|one| one.raw_serial().to_vec()).collect();
    assert_eq!(listed, [issued.serial.0.to_vec()]);
    assert!(authority.revocation_list(&[], DAY, NOW).unwrap().contains("X509 CRL"));
}

#[test]
fn refuses_what_is_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open_or_make(folder.path(), NOW).unwrap();
    let refused = |text: &str| authority.issue_till(text, &till(), DAY, NOW).unwrap_err();
    assert!(matches!(refused(""), CaError::Request(_)));
    assert!(
        matches!(refused(authority.certificate_pem()), CaError::Request(_)),
        "a certificate is no request"
    );
    assert!(matches!(refused(&"x".repeat(CSR_MAX_BYTES + 1)), CaError::RequestSize { .. }));
    // The signature is over what was asked with the key that asked: somebody else's key does not pass for one's own.
    let pem = greedy_request();
    let mut der = certificate::der_of(&pem).unwrap();
    let last = der.len() - 10;
    der[last] ^= 1;
    let body = data_encoding::BASE64.encode(&der);
    let forged = format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n");
    assert!(matches!(refused(&forged), CaError::Request(_)));
}

#[test]
fn reads_no_till_from_other_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open_or_make(folder.path(), NOW).unwrap();
    let of_authority = read_till_certificate(authority.certificate_der()).unwrap_err();
    assert!(matches!(of_authority, CertificateError::NoTill { found: 0 }));
    assert!(matches!(read_till_certificate(b"no certificate"), Err(CertificateError::Unreadable(_))));
    let server = authority.issue_server(&["localhost".to_owned(), "127.0.0.1".to_owned()], NOW).unwrap();
    let server = certificate::der_of(&server.chain_pem).unwrap();
    assert!(matches!(read_till_certificate(&server), Err(CertificateError::NoTill { .. })));
    assert!(matches!(authority.issue_server(&["яблоко".to_owned()], NOW), Err(CaError::ServerName { .. })));
}

#[test]
fn says_what_is_wrong_with_its_files() {
    let folder = tempfile::tempdir().unwrap();
    drop(Authority::open_or_make(folder.path(), NOW).unwrap());
    let (key, certificate) = (folder.path().join(KEY_FILE), folder.path().join(CERTIFICATE_FILE));
    let opened = || Authority::open_or_make(folder.path(), NOW).map(drop).unwrap_err();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(opened(), CaError::File(KeyFileError::Exposed { .. })));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let kept = std::fs::read(&key).unwrap();
    std::fs::write(&key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(matches!(opened(), CaError::NotAuthority { .. }), "a key of another authority");
    std::fs::remove_file(&key).unwrap();
    assert!(matches!(opened(), CaError::NotAuthority { .. }), "no key at all");
    std::fs::write(&key, kept).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&certificate, "not a certificate").unwrap();
    assert!(matches!(opened(), CaError::NotAuthority { .. }));
}
