//! Record batches of the Kafka protocol, version 2: what aiokafka's builder would make of the same records, in one call.
//!
//! A batch is whole but for the producer's state, which the sender knows when it sends. Nothing is compressed, because
//! sealed values do not become shorter, and nothing is idempotent here: numbers are the sender's.

use std::ops::Range;

use crc32c::{crc32c, crc32c_append};

const VERSION: u8 = 2;
const TRANSACTIONAL: i16 = 0x10;
/// Of a batch before its records.
const HEAD: usize = 61;
/// Where its checksum begins to count, behind itself.
const CHECKED: usize = 21;

/// The records of one batch, one behind the other.
struct Body {
    bytes: Vec<u8>,
    count: u32,
}

/// Where key and value of a record stand: of which body, and in it.
type Place = (usize, Range<usize>, Range<usize>);

/// Records of one partition, encoded as they come.
pub struct Encoder {
    bodies: Vec<Body>,
    places: Vec<Place>,
    headers: Vec<u8>,
    timestamp: i64,
    limit: usize,
    expected: usize,
}

impl Encoder {
    /// `limit`: of a batch, in bytes; a record that is longer has a batch of its own. `expected`: how many records come.
    pub fn new(headers: &[(&[u8], &[u8])], timestamp: i64, limit: usize, expected: usize) -> Encoder {
        let mut encoded = Vec::new();
        varint(headers.len(), &mut encoded);
        for part in headers.iter().flat_map(|(name, value)| [name, value]) {
            sized(part, &mut encoded);
        }
        Encoder { bodies: Vec::new(), places: Vec::with_capacity(expected), headers: encoded, timestamp, limit, expected }
    }

    /// One more record.
    pub fn push(&mut self, key: &[u8], value: &[u8]) {
        let mut at = self.bodies.last().map_or(0, |body| body.count as usize);
        let mut length = self.length(at, key, value);
        let fits = |body: &Body| HEAD + body.bytes.len() + varint_size(length) + length <= self.limit;
        if !self.bodies.last().is_some_and(fits) {
            at = 0;
            length = self.length(at, key, value);
            self.bodies.push(Body { bytes: Vec::with_capacity(self.room(length)), count: 0 });
        }
        let which = self.bodies.len() - 1;
        let Body { bytes, count } = &mut self.bodies[which];
        varint(length, bytes);
        bytes.extend_from_slice(&[0, 0]); // no attributes; all at the same time
        varint(at, bytes);
        let places = [key, value].map(|part| sized(part, bytes));
        bytes.extend_from_slice(&self.headers);
        *count += 1;
        let [key, value] = places;
        self.places.push((which, key, value));
    }

    /// What the next batch will take if the records to come are as long as this one, which padded tokens mostly are.
    fn room(&self, length: usize) -> usize {
        let left = self.expected.saturating_sub(self.places.len()).max(1);
        left.saturating_mul(length + 4).min(self.limit)
    }

    fn length(&self, at: usize, key: &[u8], value: &[u8]) -> usize {
        let parts = [key, value].map(|part| varint_size(part.len()) + part.len());
        2 + varint_size(at) + parts[0] + parts[1] + self.headers.len()
    }

    /// How many records there are.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// Key and value of a record.
    pub fn pair(&self, at: usize) -> Option<[&[u8]; 2]> {
        let (which, key, value) = self.places.get(at)?;
        Some([key, value].map(|place| &self.bodies[*which].bytes[place.clone()]))
    }

    /// Of each batch how many records it has, and its length.
    pub fn sizes(&self) -> Vec<(u32, usize)> {
        self.bodies.iter().map(|body| (body.count, HEAD + body.bytes.len())).collect()
    }

    /// A batch in two parts: what stands before its records, with the state of its producer, and the records.
    pub fn batch(
        &self, at: usize, producer: i64, epoch: i16, sequence: i32, transactional: bool,
    ) -> Option<(Vec<u8>, &[u8])> {
        let Body { bytes, count } = self.bodies.get(at)?;
        let attributes = if transactional { TRANSACTIONAL } else { 0 };
        let mut checked = Vec::with_capacity(HEAD - CHECKED);
        checked.extend_from_slice(&attributes.to_be_bytes());
        checked.extend_from_slice(&(count - 1).to_be_bytes());
        checked.extend_from_slice(&[self.timestamp.to_be_bytes(), self.timestamp.to_be_bytes()].concat());
        checked.extend_from_slice(&producer.to_be_bytes());
        checked.extend_from_slice(&epoch.to_be_bytes());
        checked.extend_from_slice(&sequence.to_be_bytes());
        checked.extend_from_slice(&count.to_be_bytes());
        let mut whole = Vec::with_capacity(HEAD);
        whole.extend_from_slice(&0i64.to_be_bytes()); // its offset is the broker's
        whole.extend_from_slice(&u32::try_from(HEAD - 12 + bytes.len()).ok()?.to_be_bytes());
        whole.extend_from_slice(&(-1i32).to_be_bytes()); // the leader's epoch is the broker's
        whole.push(VERSION);
        whole.extend_from_slice(&crc32c_append(crc32c(&checked), bytes).to_be_bytes());
        whole.extend_from_slice(&checked);
        Some((whole, bytes))
    }
}

/// Zigzag: a length is never below zero, so it is twice itself.
fn varint(number: usize, bytes: &mut Vec<u8>) {
    let mut left = number * 2;
    while left > 0x7f {
        bytes.push((left & 0x7f) as u8 | 0x80);
        left >>= 7;
    }
    bytes.push(left as u8);
}

fn varint_size(number: usize) -> usize {
    ((number * 2).max(1).ilog2() / 7 + 1) as usize
}

/// Writes the length of a part and the part; where it stands.
fn sized(part: &[u8], bytes: &mut Vec<u8>) -> Range<usize> {
    varint(part.len(), bytes);
    let begun = bytes.len();
    bytes.extend_from_slice(part);
    begun..bytes.len()
}
