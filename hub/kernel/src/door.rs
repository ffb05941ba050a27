//! Opens Changes and looks at their form: a whole batch in one call, without Python's lock.
//!
//! The form is contracts/change.py's, and of the token hub/seal.py's. A Change is taken where it is spelled exactly as
//! the relay spells it and everything fits; any other is left to the strict door in Python, which says what is wrong.

use std::ops::Range;

use ring::aead::LessSafeKey;

use crate::form::{Cursor, Form, Places};
use crate::json;
use crate::opening::{self, Keys};

const LONGEST: usize = 30_000;

/// What a Change must look like.
pub struct Door {
    pub record: Form,
    pub kinds: Vec<Vec<u8>>,
    /// The places in a record of what membership asks for.
    pub asked: Vec<usize>,
}

/// Where a header may differ: everything between is the same for all Changes of a partition.
pub struct Header<'a> {
    pub middle: &'a [u8],
    pub keys: &'a Keys,
}

/// A record: where it stands, and what membership asks for.
pub struct Registered {
    pub place: Range<usize>,
    pub asked: Vec<Option<Range<usize>>>,
    values: Places,
}

/// A Change that fits; all places are in `content`.
pub struct Seen {
    pub content: Vec<u8>,
    pub id: Range<usize>,
    pub resident: Range<usize>,
    pub version: u64,
    pub kind: Range<usize>,
    pub effective_on: Range<usize>,
    pub notified_on: Option<Range<usize>>,
    pub recorded_at: Range<usize>,
    pub cancels: Option<Range<usize>>,
    pub to: Option<Vec<Range<usize>>>,
    pub before: Option<Registered>,
    pub after: Option<Registered>,
    /// The members that differ between the two records, as bits by their place in the form.
    pub altered: u64,
}

impl Header<'_> {
    /// The content of a token that lies where its header says, beside this record key.
    pub fn opened(&self, token: &[u8], own: &[u8]) -> Option<Vec<u8>> {
        opening::opened(token, |head| self.key(head, own))
    }

    fn key(&self, head: &[u8], own: &[u8]) -> Option<&LessSafeKey> {
        let mut cursor = Cursor { text: head, at: 0 };
        let key = opening::named(&mut cursor, self.keys)?;
        cursor.literal(self.middle)?;
        cursor.number()?;
        cursor.literal(br#","ctr":"","seq":0,"jti":""#)?;
        opening::beside(&cursor, own).then_some(key)
    }
}

impl Door {
    /// What stands in `content`; None: look at it strictly.
    pub fn seen(&self, content: Vec<u8>) -> Option<Seen> {
        if content.len() > LONGEST || std::str::from_utf8(&content).is_err() {
            return None;
        }
        let mut found = self.members(&content)?;
        if found.before.is_none() && found.after.is_none() {
            return None;
        }
        found.altered = altered(&content, found.before.as_ref(), found.after.as_ref());
        found.content = content;
        Some(found)
    }

    fn members(&self, content: &[u8]) -> Option<Seen> {
        let mut cursor = Cursor { text: content, at: 0 };
        let mut found = [const { None }; NAMES.len()];
        let (mut version, mut to, mut before, mut after) = (None, None, None, None);
        cursor.object(|cursor, name| {
            let at = NAMES.iter().position(|own| own.as_bytes() == name)?;
            let begun = cursor.at;
            match NAMES[at] {
                "version" => version = Some(cursor.number().filter(|number| number > &0)?),
                "before" => before = self.registered(cursor)?,
                "after" => after = self.registered(cursor)?,
                "notified_on" | "cancels" | "to" | "transfer" if cursor.null() => (),
                "to" => to = Some(contracts(cursor)?),
                _ => self.word(cursor, NAMES[at])?,
            }
            found[at].replace(begun..cursor.at).is_none().then_some(())
        })?;
        if cursor.at != content.len() || found[..REQUIRED].iter().any(Option::is_none) {
            return None;
        }
        let word = |at: usize| found[at].clone().map(|place| place.start + 1..place.end - 1);
        let given = |at: usize| word(at).filter(|place| content[place.start - 1] == b'"');
        Some(Seen {
            content: Vec::new(), id: word(0)?, resident: word(1)?, version: version?, kind: word(2)?,
            effective_on: word(3)?, recorded_at: word(4)?, notified_on: given(8), cancels: given(9), to, before, after,
            altered: 0,
        })
    }

    fn word(&self, cursor: &mut Cursor, name: &str) -> Option<()> {
        let word = cursor.word()?;
        let fits = match name {
            "id" | "resident" | "cancels" => is_uuid(word),
            "kind" => self.kinds.iter().any(|kind| kind == word),
            "effective_on" | "notified_on" => crate::form::is_date(word),
            "recorded_at" => true, // contracts/change.py looks at it
            _ => false,
        };
        fits.then_some(())
    }

    fn registered(&self, cursor: &mut Cursor) -> Option<Option<Registered>> {
        if cursor.null() {
            return Some(None);
        }
        let begun = cursor.at;
        let values = cursor.fitting(&self.record)?;
        let asked: Vec<_> = self.asked.iter().map(|at| values[*at].clone()).collect();
        let plain = asked.iter().flatten().all(|place| !cursor.text[place.clone()].contains(&b'\\'));
        plain.then(|| Some(Registered { place: begun..cursor.at, asked, values }))
    }
}

const NAMES: [&str; 12] = [
    "id", "resident", "kind", "effective_on", "recorded_at", "version", "before", "after", "notified_on", "cancels",
    "to", "transfer",
];
/// So many of them must be there.
const REQUIRED: usize = 8;

/// The ids of contracts, at least one and at most a hundred, none of them said in another form than theirs.
fn contracts(cursor: &mut Cursor) -> Option<Vec<Range<usize>>> {
    let mut named = Vec::new();
    cursor.literal(b"[")?;
    loop {
        let begun = cursor.at + 1;
        let fits = is_contract(cursor.word()?);
        named.push(begun..cursor.at - 1);
        if !fits || named.len() > 100 {
            return None;
        }
        if cursor.literal(b",").is_none() {
            return cursor.literal(b"]").map(|()| named);
        }
    }
}

fn is_contract(text: &[u8]) -> bool {
    let is_small = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.first().is_some_and(u8::is_ascii_lowercase)
        && text.split(|byte| byte == &b'-').all(|part| !part.is_empty() && part.iter().all(is_small))
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == &b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Missing is null, and an object is the same in whatever order its members stand.
fn altered(content: &[u8], before: Option<&Registered>, after: Option<&Registered>) -> u64 {
    let value = |of: Option<&Registered>, at: usize| {
        of.and_then(|record| record.values[at].clone()).map_or(&b"null"[..], |place| &content[place])
    };
    let count = before.or(after).map_or(0, |record| record.values.len());
    let differs = |at: &usize| !json::same(value(before, *at), value(after, *at));
    (0..count).filter(differs).fold(0, |bits, at| bits | 1 << at)
}
