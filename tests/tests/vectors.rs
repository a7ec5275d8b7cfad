//! Our wrappers of other people's cryptography agree with vectors made by others.
//!
//! Each test counts what it ran, so that an empty or half-read file can't pass.

use farthing_protocol::{DpopProof, JwsError, PublicKey, Unverified, base64url, from_base64url};
use farthing_seal::SealKey;
use serde::Deserialize;

const RFC_7515_A3: &str = include_str!("../vectors/rfc7515_a3.json");
const RFC_9449: &str = include_str!("../vectors/rfc9449.json");
const ECDSA: &str = include_str!("../vectors/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json");
const AES_GCM: &str = include_str!("../vectors/wycheproof/aes_gcm_test.json");

/// A file of Wycheproof.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors<Group> {
    number_of_tests: usize,
    test_groups: Vec<Group>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Valid,
    Invalid,
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[test]
fn es256_signatures_are_judged_as_wycheproof_says() {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Group {
        public_key: Key,
        public_key_jwk: Option<PublicKey>,
        tests: Vec<Case>,
    }
    #[derive(Deserialize)]
    struct Key {
        uncompressed: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Case {
        tc_id: u32,
        comment: String,
        msg: String,
        sig: String,
        result: Verdict,
    }

    let vectors: Vectors<Group> = serde_json::from_str(ECDSA).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in vectors.test_groups {
        let key = PublicKey::from_point(&hex(&group.public_key.uncompressed)).unwrap();
        if let Some(jwk) = group.public_key_jwk {
            assert_eq!(jwk, key, "the JWK and the point are the same key");
        }
        for Case { tc_id, comment, msg, sig, result } in group.tests {
            let verified = key.verify(&hex(&msg), &hex(&sig)).is_ok();
            assert_eq!(verified, result == Verdict::Valid, "test {tc_id}: {comment}");
            if verified { valid += 1 } else { invalid += 1 }
        }
    }
    assert_eq!((valid, invalid, valid + invalid), (173, 89, vectors.number_of_tests));
}

#[test]
fn sealed_values_open_as_wycheproof_says() {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Group {
        key_size: usize,
        iv_size: usize,
        tag_size: usize,
        tests: Vec<Case>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Case {
        tc_id: u32,
        comment: String,
        key: String,
        iv: String,
        aad: String,
        msg: String,
        ct: String,
        tag: String,
        result: Verdict,
    }

    let vectors: Vectors<Group> = serde_json::from_str(AES_GCM).unwrap();
    let (mut valid, mut invalid, mut other_sizes) = (0, 0, 0);
    for group in vectors.test_groups {
        // A seal has keys of 256 bits, nonces of 96 and tags of 128: the others are not ours.
        if (group.key_size, group.iv_size, group.tag_size) != (256, 96, 128) {
            other_sizes += group.tests.len();
            continue;
        }
        for Case { tc_id, comment, key, iv, aad, msg, ct, tag, result } in group.tests {
            let sealed = [hex(&iv), hex(&ct), hex(&tag)].concat();
            let opened = SealKey::from_bytes(&hex(&key)).unwrap().open(&hex(&aad), &sealed);
            assert_eq!(opened.is_ok(), result == Verdict::Valid, "test {tc_id}: {comment}");
            match opened {
                Ok(value) => {
                    assert_eq!(*value, hex(&msg), "test {tc_id}: {comment}");
                    valid += 1;
                }
                Err(_) => invalid += 1,
            }
        }
    }
    assert_eq!((valid, invalid, other_sizes), (39, 27, 250));
    assert_eq!(valid + invalid + other_sizes, vectors.number_of_tests);
}

#[test]
fn the_es256_example_of_rfc_7515_verifies() {
    #[derive(Deserialize)]
    struct Example {
        key: PublicKey,
        jws: String,
    }
    let Example { key, jws } = serde_json::from_str(RFC_7515_A3).unwrap();
    let (signing_input, signature) = jws.rsplit_once('.').unwrap();
    let signature = from_base64url(signature).unwrap();
    assert_eq!(signature.len(), 64);
    key.verify(signing_input.as_bytes(), &signature).unwrap();
    for byte in 0..signature.len() {
        let mut changed = signature.clone();
        changed[byte] ^= 1;
        assert!(key.verify(signing_input.as_bytes(), &changed).is_err(), "byte {byte}");
    }
    // It has no `typ`, so it is no document of ours, well signed as it is.
    assert_eq!(Unverified::parse(&jws).err(), Some(JwsError::Malformed));
}

#[test]
fn the_dpop_proof_of_rfc_9449_verifies_and_its_key_has_the_thumbprint_that_it_should() {
    #[derive(Deserialize)]
    struct Example {
        proof: String,
        thumbprint: String,
    }
    let Example { proof, thumbprint } = serde_json::from_str(RFC_9449).unwrap();
    let (said, key) = DpopProof::verify(&proof).unwrap();
    assert_eq!((said.htm.as_str(), said.htu.as_str()), ("POST", "https://server.example.com/token"));
    assert_eq!((said.jti.as_str(), said.iat), ("-BwC3ESc6acc2lTc", 1_562_262_616));
    assert_eq!(base64url(key.thumbprint().as_bytes()), thumbprint);

    let (rest, signature) = proof.rsplit_once('.').unwrap();
    let mut signature = from_base64url(signature).unwrap();
    signature[0] ^= 1;
    let forged = format!("{rest}.{}", base64url(&signature));
    assert_eq!(DpopProof::verify(&forged), Err(JwsError::BadSignature));
}
