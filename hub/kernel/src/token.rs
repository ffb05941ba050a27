//! JWE compact, `alg` dir, `enc` A256GCM, as `hub/seal.py` says it: the protected header is the associated data.

use std::io::Write;

use base64_simd::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest as digest_of};

const SMALLEST: usize = 512;

/// Seals the tokens of one batch under one key. `start`: of every protected header.
pub struct Sealer<'a> {
    key: LessSafeKey,
    start: &'a [u8],
    header: Vec<u8>,
}

impl<'a> Sealer<'a> {
    /// None where the key has not 32 bytes.
    pub fn new(key: &[u8], start: &'a [u8]) -> Option<Sealer<'a>> {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
        Some(Sealer { key, start, header: Vec::new() })
    }

    /// Writes the token of `payload`, which is padded and sealed where it lies.
    pub fn seal(
        &mut self, nonce: &[u8], seq: u64, jti: &[u8], own: &[u8], payload: &mut Vec<u8>, token: &mut Vec<u8>,
    ) {
        pad(payload);
        self.write_header(seq, jti, own);
        token.clear();
        URL_SAFE_NO_PAD.encode_append(&self.header, token);
        let used = Nonce::try_assume_unique_for_key(nonce).expect("nonces are cut to 12 bytes");
        let tag = self.key.seal_in_place_separate_tag(used, Aad::from(&token), payload).expect("below 64 GiB");
        token.push(b'.');
        for part in [nonce, payload, tag.as_ref()] {
            token.push(b'.');
            URL_SAFE_NO_PAD.encode_append(part, token);
        }
    }

    fn write_header(&mut self, seq: u64, jti: &[u8], own: &[u8]) {
        self.header.clear();
        self.header.extend_from_slice(self.start);
        write!(self.header, ",\"seq\":{seq},\"jti\":\"").expect("memory takes it");
        self.header.extend_from_slice(jti);
        self.header.extend_from_slice(b"\",\"sub\":\"");
        hex(own, &mut self.header);
        self.header.extend_from_slice(b"\"}");
    }
}

/// Spaces behind the payload, so that it is 512·2ⁿ bytes long.
fn pad(payload: &mut Vec<u8>) {
    let blocks = payload.len().div_ceil(SMALLEST).max(1);
    payload.resize(blocks.next_power_of_two() * SMALLEST, b' ');
}

/// The UUID of version 5 (RFC 9562) of `name` in the space of `space`, as text. SHA-1 is the standard's, and proves nothing.
pub fn name(space: &[u8], name: &[u8]) -> Vec<u8> {
    let mut bytes = digest_of(&SHA1_FOR_LEGACY_USE_ONLY, &[space, name].concat()).as_ref()[..16].to_vec();
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = Vec::with_capacity(36);
    for (at, part) in [0..4, 4..6, 6..8, 8..10, 10..16].into_iter().enumerate() {
        if at > 0 {
            text.push(b'-');
        }
        hex(&bytes[part], &mut text);
    }
    text
}

/// SHA-256, in hexadecimal.
pub fn digest(token: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(64);
    hex(digest_of(&SHA256, token).as_ref(), &mut text);
    text
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8], text: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.extend(bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]));
}

/// The 16 bytes of a UUID as text, whose form was looked at.
pub fn unhexed(text: &[u8]) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    let mut digits = text.iter().filter(|byte| byte != &&b'-').map(|byte| char::from(*byte).to_digit(16));
    for byte in &mut bytes {
        *byte = u8::try_from(digits.next()?? * 16 + digits.next()??).ok()?;
    }
    digits.next().is_none().then_some(bytes)
}
