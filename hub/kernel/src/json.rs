//! Reading JSON that our own encoder wrote: compact, and names without escapes. Anything else is refused, never guessed.

use std::ops::Range;

use memchr::memchr2;

type Member = (Range<usize>, Range<usize>);

/// The members of one object and of another beside it: the text, and where name and value of each stand in it.
pub struct Record {
    text: Vec<u8>,
    members: Vec<Member>,
}

impl Record {
    /// What `first` has counts, of a name that both have. None where one is no object, or holds anything behind it.
    pub fn of(first: &[u8], second: &[u8]) -> Option<Record> {
        let text = [first, second].concat();
        let (mut members, end) = members(&text, 0)?;
        let own = members.len();
        let is_known = |known: &[Member], name: &[u8]| known.iter().any(|(one, _)| &text[one.clone()] == name);
        let whole = each(&text, end, |name, value| {
            if !is_known(&members[..own], &text[name.clone()]) {
                members.push((name, value));
            }
        })?;
        (end == first.len() && whole == text.len()).then_some(Record { text, members })
    }

    /// The value of a member. `hint`: where it may stand, and afterwards where it does.
    pub fn value(&self, name: &[u8], hint: &mut usize) -> Option<&[u8]> {
        let is_it = |(own, _): &Member| &self.text[own.clone()] == name;
        if !self.members.get(*hint).is_some_and(is_it) {
            *hint = self.members.iter().position(is_it)?;
        }
        self.members.get(*hint).map(|(_, value)| &self.text[value.clone()])
    }
}

/// What stands in a payload: its state, the names of its items, in quotes and with commas, and the order of a transfer.
pub struct Told {
    pub state: Vec<u8>,
    pub items: Vec<u8>,
    pub transfer: Option<Vec<u8>>,
}

/// None where the payload is no object, or has no state or no items.
pub fn told(payload: &[u8]) -> Option<Told> {
    let (mut state, mut items, mut transfer) = (None, None, None);
    let end = each(payload, 0, |name, value| match &payload[name] {
        b"state" => state = Some(payload[value].to_vec()),
        b"items" => items = Some(value.start),
        b"transfer" => transfer = Some(payload[value].to_vec()),
        _ => (),
    })?;
    let items = names(payload, items?)?;
    (end == payload.len()).then_some(Told { state: state?, items, transfer })
}

/// The names of the members of the object that begins at `at`, in quotes and with commas.
fn names(text: &[u8], at: usize) -> Option<Vec<u8>> {
    let mut names = Vec::with_capacity(256);
    each(text, at, |name, _| {
        names.extend_from_slice(if names.is_empty() { b"\"" } else { b",\"" });
        names.extend_from_slice(&text[name]);
        names.push(b'"');
    })?;
    Some(names)
}

/// Whether two values are the same: an object is, in whatever order its members stand.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    if one == other || one.first() != Some(&b'{') || one.len() != other.len() {
        return one == other;
    }
    let (Some((mine, _)), Some((theirs, _))) = (members(one, 0), members(other, 0)) else { return false };
    let is_there = |(name, value): &Member| {
        theirs.iter().any(|(own, held)| other[own.clone()] == one[name.clone()] && other[held.clone()] == one[value.clone()])
    };
    mine.len() == theirs.len() && mine.iter().all(is_there)
}

/// The members of the object that begins at `at`, and where it has ended.
fn members(text: &[u8], at: usize) -> Option<(Vec<Member>, usize)> {
    let mut found = Vec::with_capacity(64);
    let end = each(text, at, |name, value| found.push((name, value)))?;
    Some((found, end))
}

/// Shows the name and the value of each member of the object that begins at `at`; where it has ended.
fn each(text: &[u8], at: usize, mut show: impl FnMut(Range<usize>, Range<usize>)) -> Option<usize> {
    let mut at = expect(text, at, b'{')?;
    if text.get(at)? == &b'}' {
        return Some(at + 1);
    }
    loop {
        let begun = expect(text, at, b'"')?;
        let name = begun..begun + memchr2(b'"', b'\\', &text[begun..]).filter(|end| text[begun + end] == b'"')?;
        let begun = expect(text, name.end + 1, b':')?;
        let ended = value(text, begun).filter(|end| *end > begun)?;
        show(name, begun..ended);
        match text.get(ended)? {
            b',' => at = ended + 1,
            b'}' => return Some(ended + 1),
            _ => return None,
        }
    }
}

fn expect(text: &[u8], at: usize, byte: u8) -> Option<usize> {
    (text.get(at)? == &byte).then_some(at + 1)
}

/// Behind the string that begins at `at`.
fn string(text: &[u8], at: usize) -> Option<usize> {
    let mut at = expect(text, at, b'"')?;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        match text[at] {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// Behind the value that begins at `at`.
fn value(text: &[u8], at: usize) -> Option<usize> {
    let (mut at, mut depth) = (at, 0);
    loop {
        match text.get(at)? {
            b'"' => at = string(text, at)?,
            b'{' | b'[' => (at, depth) = (at + 1, depth + 1),
            b'}' | b']' | b',' if depth == 0 => return Some(at),
            b'}' | b']' => (at, depth) = (at + 1, depth - 1),
            _ => at += 1,
        }
    }
}
