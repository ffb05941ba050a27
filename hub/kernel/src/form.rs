//! The form of a record, as `contracts/record.py` says it: which members there are, and what each may hold.
//!
//! What is looked at here is accepted or left to the strict door in Python, which alone can refuse. So whatever is rare
//! (an incomplete date, a history of names) need not be known here.

use std::ops::Range;

/// What a member may hold, besides null.
pub enum Kind {
    Text,
    Date,
    Bool,
    Sex,
    Number,
    MyNumber,
    Juminhyo,
    Municipality,
    /// Nothing but null.
    Never,
    Object(Form),
}

impl Kind {
    /// The kind of this name; nested forms have none.
    pub fn named(name: &str) -> Option<Kind> {
        Some(match name {
            "text" => Kind::Text,
            "date" => Kind::Date,
            "bool" => Kind::Bool,
            "sex" => Kind::Sex,
            "number" => Kind::Number,
            "my-number" => Kind::MyNumber,
            "juminhyo-code" => Kind::Juminhyo,
            "municipality-code" => Kind::Municipality,
            "never" => Kind::Never,
            _ => return None,
        })
    }
}

/// The members of an object, by name; no more than 64.
pub struct Form {
    pub members: Vec<(Vec<u8>, Kind)>,
}

/// Where the values of an object stand, by the place of their member in its form.
pub type Places = Vec<Option<Range<usize>>>;

/// Reads a text from its beginning. None: it is not plain, or does not fit.
pub struct Cursor<'a> {
    pub text: &'a [u8],
    pub at: usize,
}

impl<'a> Cursor<'a> {
    /// Exactly these bytes.
    pub fn literal(&mut self, bytes: &[u8]) -> Option<()> {
        self.text[self.at..].starts_with(bytes).then(|| self.at += bytes.len())
    }

    /// Whether the next byte is this one; then it is behind us.
    fn is(&mut self, byte: u8) -> bool {
        let found = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    /// What stands between the quotes of a text that is printable and spelled in the only way that our writers have.
    pub fn string(&mut self) -> Option<&'a [u8]> {
        self.literal(b"\"")?;
        let begun = self.at;
        loop {
            match *self.text.get(self.at)? {
                b'"' => break,
                b'\\' if matches!(self.text.get(self.at + 1), Some(b'"' | b'\\')) => self.at += 2,
                b'\\' | 0..=0x1f | 0x7f => return None,
                0xc2 if matches!(self.text.get(self.at + 1), Some(0x80..=0x9f)) => return None,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(&self.text[begun..self.at - 1])
    }

    /// A text without a backslash: what stands there is what is meant.
    pub fn word(&mut self) -> Option<&'a [u8]> {
        self.string().filter(|text| !text.contains(&b'\\'))
    }

    /// A number without sign, fraction or leading zero.
    pub fn number(&mut self) -> Option<u64> {
        let begun = self.at;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        let digits = &self.text[begun..self.at];
        let plain = digits.len() == 1 || (digits.len() <= 18 && digits.first() != Some(&b'0'));
        (plain && !digits.is_empty()).then(|| digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
    }

    /// Whether null stands here.
    pub fn null(&mut self) -> bool {
        self.literal(b"null").is_some()
    }

    /// The members of an object, one by one: `read` takes the value of each.
    pub fn object(&mut self, mut read: impl FnMut(&mut Self, &'a [u8]) -> Option<()>) -> Option<()> {
        self.literal(b"{")?;
        if self.is(b'}') {
            return Some(());
        }
        loop {
            let name = self.word()?;
            self.literal(b":")?;
            read(self, name)?;
            if self.is(b'}') {
                return Some(());
            }
            self.literal(b",")?;
        }
    }

    /// An object of this form.
    pub fn fitting(&mut self, form: &Form) -> Option<Places> {
        let mut places: Places = vec![None; form.members.len()];
        let mut next = 0;
        self.object(|cursor, name| {
            let at = form.place(name, next)?;
            next = at + 1;
            let begun = cursor.at;
            if !cursor.null() {
                cursor.value(&form.members[at].1)?;
            }
            places[at].replace(begun..cursor.at).is_none().then_some(())
        })?;
        Some(places)
    }

    fn value(&mut self, kind: &Kind) -> Option<()> {
        match kind {
            Kind::Text => self.string().map(drop),
            Kind::Bool => self.literal(b"true").or_else(|| self.literal(b"false")),
            Kind::Object(form) => self.fitting(form).map(drop),
            Kind::Never => None,
            Kind::Date => holds(is_date(self.word()?)),
            Kind::Sex => holds(matches!(self.word()?, b"1" | b"2")),
            Kind::Number => holds(self.word().is_some_and(|text| is_digits(text) && text.len() <= 15)),
            Kind::MyNumber => holds(is_my_number(self.word()?)),
            Kind::Juminhyo => holds(self.word().is_some_and(|text| is_digits(text) && text.len() == 11)),
            Kind::Municipality => holds(is_municipality(self.word()?)),
        }
    }
}

impl Form {
    /// The place of a member. `next`: where it mostly is.
    fn place(&self, name: &[u8], next: usize) -> Option<usize> {
        let is_it = |at: &usize| self.members.get(*at).is_some_and(|(own, _)| own == name);
        Some(next).filter(is_it).or_else(|| (0..self.members.len()).find(is_it))
    }
}

fn holds(found: bool) -> Option<()> {
    found.then_some(())
}

fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

fn two(text: &[u8]) -> u32 {
    text.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
}

/// A complete date, YYYY-MM-DD, that exists.
pub fn is_date(text: &[u8]) -> bool {
    if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
        return false;
    }
    let parts = [&text[..4], &text[5..7], &text[8..]];
    if !parts.iter().all(|part| is_digits(part)) {
        return false;
    }
    let [year, month, day] = parts.map(two);
    year > 0 && (1..=12).contains(&month) && (1..=days(year, month)).contains(&day)
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum()
}

/// 個人番号 (平成26年総務省令第85号5条): twelve digits, not all the same, the last one fitting.
fn is_my_number(text: &[u8]) -> bool {
    if text.len() != 12 || !is_digits(text) || text.iter().all(|digit| digit == &text[0]) {
        return false;
    }
    let rest = weighted(&text[..11], &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    u32::from(text[11] - b'0') == if rest <= 1 { 0 } else { 11 - rest }
}

/// 全国地方公共団体コード: six digits, the last one fitting.
fn is_municipality(text: &[u8]) -> bool {
    text.len() == 6
        && is_digits(text)
        && u32::from(text[5] - b'0') == (11 - weighted(&text[..5], &[6, 5, 4, 3, 2]) % 11) % 10
}
