//! A stand-in for Apple's App Store: certificates and messages in its shape
//! (<https://developer.apple.com/documentation/appstoreserverapi/jwstransactiondecodedpayload>).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use farthing_protocol::base64url;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, date_time_ymd,
};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

/// Apple's mark of a certificate that signs what the App Store says.
const SIGNS_RECEIPTS: &[u64] = &[1, 2, 840, 113_635, 100, 6, 11, 1];
/// Apple's mark of the intermediate.
const DEVELOPER_RELATIONS: &[u64] = &[1, 2, 840, 113_635, 100, 6, 2, 1];
/// ASN.1's NULL, which is all that Apple's marks have in them.
const NULL: [u8; 2] = [5, 0];

/// What is wrong with the certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    None,
    /// The leaf does not say that it signs receipts.
    UnmarkedLeaf,
    /// The intermediate does not say that it is Apple's.
    UnmarkedIntermediate,
    /// The root itself has signed the leaf.
    NoIntermediate,
    /// The leaf's time was over in 2024.
    Expired,
}

/// Signs as the App Store does.
pub struct AppStore {
    chain: [Vec<u8>; 3],
    key: EcdsaKeyPair,
}

impl Default for AppStore {
    fn default() -> Self {
        AppStore::new()
    }
}

fn parameters(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.not_before = date_time_ymd(2020, 1, 1);
    parameters.not_after = date_time_ymd(2039, 1, 1);
    parameters.use_authority_key_identifier_extension = true;
    parameters
}

fn authority(name: &str) -> CertificateParams {
    let mut parameters = parameters(name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

fn mark(parameters: &mut CertificateParams, mark: &[u64]) {
    parameters.custom_extensions.push(CustomExtension::from_oid_content(mark, NULL.to_vec()));
}

impl AppStore {
    /// With certificates as they should be.
    pub fn new() -> Self {
        AppStore::with(Flaw::None)
    }

    /// With something wrong.
    pub fn with(flaw: Flaw) -> Self {
        let key = || KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
        let root = CertifiedIssuer::self_signed(authority("Stand-in for a root"), key()).unwrap();
        let mut intermediate = authority("Stand-in for developer relations");
        if flaw != Flaw::UnmarkedIntermediate {
            mark(&mut intermediate, DEVELOPER_RELATIONS);
        }
        let intermediate = CertifiedIssuer::signed_by(intermediate, key(), &root).unwrap();
        let mut leaf = parameters("Stand-in for receipt signing");
        leaf.is_ca = IsCa::ExplicitNoCa;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        if flaw != Flaw::UnmarkedLeaf {
            mark(&mut leaf, SIGNS_RECEIPTS);
        }
        if flaw == Flaw::Expired {
            leaf.not_after = date_time_ymd(2024, 1, 1);
        }
        let leaf_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let issuer = if flaw == Flaw::NoIntermediate { &root } else { &intermediate };
        let leaf = leaf.signed_by(&leaf_key, issuer).unwrap();
        let chain = [leaf.der().to_vec(), intermediate.der().to_vec(), root.der().to_vec()];
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &leaf_key.serialize_der(), &SystemRandom::new());
        AppStore { chain, key: key.unwrap() }
    }

    /// Its root certificate, in DER.
    pub fn root(&self) -> &[u8] {
        &self.chain[2]
    }

    /// Signs a payload: a compact JWS.
    pub fn sign(&self, payload: &Value) -> String {
        let chain: Vec<String> = self.chain.iter().map(|certificate| STANDARD.encode(certificate)).collect();
        self.sign_with(&json!({"alg": "ES256", "x5c": chain}), payload)
    }

    /// Signs a payload under a header of one's own.
    pub fn sign_with(&self, header: &Value, payload: &Value) -> String {
        let signed = [header, payload].map(|part| base64url(part.to_string().as_bytes())).join(".");
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url(signature.as_ref()))
    }

    /// A consumable that somebody has bought in the sandbox, at a time in milliseconds.
    pub fn transaction(id: &str, product: &str, at: i64) -> Value {
        json!({
            "transactionId": id, "originalTransactionId": id, "bundleId": "com.example.game", "productId": product,
            "purchaseDate": at, "originalPurchaseDate": at, "quantity": 1, "type": "Consumable",
            "inAppOwnershipType": "PURCHASED", "signedDate": at, "environment": "Sandbox",
            "transactionReason": "PURCHASE", "storefront": "USA", "storefrontId": "143441", "price": 4990,
            "currency": "USD", "appTransactionId": "704346128300986174",
        })
    }

    /// A message about a transaction, as the body of a request.
    pub fn notification(&self, kind: &str, id: &str, transaction: &Value, at: i64) -> String {
        let payload = json!({
            "notificationType": kind, "notificationUUID": id, "version": "2.0", "signedDate": at,
            "data": {
                "bundleId": "com.example.game", "bundleVersion": "1", "environment": "Sandbox",
                "appAppleId": 41234, "signedTransactionInfo": self.sign(transaction),
            },
        });
        json!({"signedPayload": self.sign(&payload)}).to_string()
    }
}
