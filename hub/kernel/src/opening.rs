//! Opens tokens that lie where their header says and are spelled exactly as `token.rs` spells them.
//!
//! The form is that of hub/seal.py, which alone refuses: whatever is not plain here is left to it.

use std::ops::Range;

use base64_simd::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::form::Cursor;
use crate::token::hex;

const START: &[u8] = br#"{"alg":"dir","enc":"A256GCM","kid":""#;

/// Keys by their names.
pub type Keys = [(Vec<u8>, LessSafeKey)];

/// A key for opening; None where it has not 32 bytes.
pub fn key(bytes: &[u8]) -> Option<LessSafeKey> {
    Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).ok()?))
}

/// The `kid` that a token names, where its header begins as ours do.
pub fn kid(token: &[u8]) -> Option<Vec<u8>> {
    let head = decoded(token.split(|byte| byte == &b'.').next()?)?;
    let mut cursor = Cursor { text: &head, at: 0 };
    cursor.literal(START)?;
    let begun = cursor.at;
    let length = head[begun..].iter().position(|byte| byte == &b'"')?;
    Some(head[begun..begun + length].to_vec())
}

/// The content of a token whose header `proven` has read and found a key for; without the spaces behind it.
pub fn opened<'a>(token: &[u8], proven: impl FnOnce(&[u8]) -> Option<&'a LessSafeKey>) -> Option<Vec<u8>> {
    let mut parts = token.split(|byte| byte == &b'.');
    let [head, none, nonce, hidden, tag] = std::array::from_fn(|_| parts.next());
    let (head, none) = (head?, none?);
    let key = proven(&decoded(head)?)?;
    let nonce = decoded(nonce?)?.try_into().ok().filter(|_| none.is_empty() && parts.next().is_none())?;
    let mut content = decoded(hidden?)?;
    content.extend_from_slice(&decoded(tag?).filter(|tag| tag.len() == 16)?);
    let length = key.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(head), &mut content).ok()?.len();
    let ended = content[..length].iter().rposition(|byte| byte != &b' ')? + 1;
    content.truncate(ended);
    Some(content)
}

/// The key that a header names at its beginning, which is behind us then, but for the quote that ends the name.
pub fn named<'a>(cursor: &mut Cursor, keys: &'a Keys) -> Option<&'a LessSafeKey> {
    cursor.literal(START)?;
    let (kid, key) = keys.iter().find(|(kid, _)| cursor.text[cursor.at..].starts_with(kid))?;
    cursor.at += kid.len();
    Some(key)
}

/// Whether the header ends here, and names this record key.
pub fn beside(cursor: &Cursor, own: &[u8]) -> bool {
    let mut wanted = Vec::with_capacity(48);
    wanted.extend_from_slice(br#"","sub":""#);
    hex(own, &mut wanted);
    wanted.extend_from_slice(b"\"}");
    cursor.text[cursor.at..] == wanted
}

/// What the header of a disclosure says of itself, and what lay under the seal.
pub struct Disclosed {
    pub content: Vec<u8>,
    pub contract: Vec<u8>,
    pub seq: u64,
    pub id: Vec<u8>,
}

/// The disclosure in a token that lies beside this record key. `middle`: of the headers of its place.
pub fn disclosed(token: &[u8], own: &[u8], middle: &[u8], keys: &Keys) -> Option<Disclosed> {
    let mut said = None;
    let content = opened(token, |head| {
        let mut cursor = Cursor { text: head, at: 0 };
        let key = named(&mut cursor, keys)?;
        cursor.literal(middle)?;
        cursor.number()?;
        cursor.literal(br#","ctr":""#)?;
        let contract = letters(&mut cursor)?;
        cursor.literal(br#"","seq":"#)?;
        let seq = cursor.number()?;
        cursor.literal(br#","jti":""#)?;
        let id = letters(&mut cursor)?;
        said = Some((head[contract].to_vec(), seq, head[id].to_vec()));
        beside(&cursor, own).then_some(key)
    })?;
    let (contract, seq, id) = said?;
    Some(Disclosed { content, contract, seq, id })
}

/// Digits, small letters up to f, and hyphens: all that a hash or an id is spelled with.
fn letters(cursor: &mut Cursor) -> Option<Range<usize>> {
    let begun = cursor.at;
    let is_one = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
    cursor.at += cursor.text[begun..].iter().take_while(|byte| is_one(byte)).count();
    (cursor.at > begun).then_some(begun..cursor.at)
}

/// base64url without padding, in its only spelling.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode_to_vec(text).ok()?;
    let last = match text.len() % 4 {
        0 => return Some(bytes),
        2 => 16,
        _ => 4,
    };
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let value = LETTERS.iter().position(|letter| Some(letter) == text.last())?;
    (value % last == 0).then_some(bytes)
}
