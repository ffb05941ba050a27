//! Open, cut, pad, seal and measure: for a whole batch in one call, without Python's lock.
//!
//! `form.py` says what goes in and what comes out; `twin.py` is the same in Python, and property tests hold the two
//! to the same bytes. Nothing here decides who is told what, nothing here refuses a Change, and nothing draws a nonce.

mod door;
mod form;
mod json;
mod opening;
mod records;
mod token;

use pyo3::exceptions::{PyIndexError, PyValueError};
use std::collections::HashMap;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyString};
use ring::aead::LessSafeKey;

use door::{Header, Registered, Seen};
use form::{Form, Kind};
use json::Record;
use records::Encoder;
use token::Sealer;

const NONCE: usize = 12;

/// What can be wrong with a batch; Python gets the errors that the twin raises.
enum Fault {
    Index,
    Nonces,
    Key,
    Record,
    Payload,
    Form,
}

impl From<Fault> for PyErr {
    fn from(fault: Fault) -> PyErr {
        match fault {
            Fault::Index => PyIndexError::new_err("no such case, record or wording"),
            Fault::Nonces => PyValueError::new_err("one nonce and one record key for each row"),
            Fault::Key => PyValueError::new_err("a key has 32 bytes"),
            Fault::Record => PyValueError::new_err("a record is not one JSON object"),
            Fault::Form => PyValueError::new_err("no such form"),
            Fault::Payload => PyValueError::new_err("a payload is not one JSON object with state and items"),
        }
    }
}

type Wording = (PyBackedBytes, PyBackedBytes, Vec<PyBackedStr>, PyBackedBytes);
/// Key, nonces, id and hash of the contract, wordings.
type Batch = (PyBackedBytes, PyBackedBytes, PyBackedBytes, PyBackedBytes, Vec<Wording>);
/// Places of case, record and wording.
type Row = (usize, usize, usize);
/// What goes to one place: start of the headers, number of the first one, rows.
type Lot = (PyBackedBytes, u64, Vec<Row>);
type Sealed<'py> = (Records, Vec<Bound<'py, PyBytes>>);
type Pair<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>);
type Headers = Vec<(PyBackedStr, PyBackedBytes)>;

/// A record with what is derived beside it, and the beginning of every payload that is cut from it.
struct Source {
    record: Record,
    beginning: Vec<u8>,
}

/// The records of a batch, and the ids of the Changes that they came in.
#[pyclass(frozen)]
struct Sources {
    records: Vec<Source>,
    cases: Vec<PyBackedBytes>,
    limit: usize,
}

#[pymethods]
impl Sources {
    #[new]
    fn new(records: Vec<[PyBackedBytes; 3]>, cases: Vec<PyBackedBytes>, limit: usize) -> PyResult<Self> {
        let read = |[record, derived, beginning]: &[PyBackedBytes; 3]| {
            let record = Record::of(derived, record).ok_or(Fault::Record)?;
            Ok(Source { record, beginning: beginning.to_vec() })
        };
        Ok(Sources { records: records.iter().map(read).collect::<Result<_, Fault>>()?, cases, limit })
    }

    /// Of each lot the records to be written, and of each the entry in a line of the ledger.
    fn seal<'py>(
        &self, py: Python<'py>, batch: Batch, lots: Vec<Lot>, owns: Vec<PyBackedBytes>, headers: Headers, timestamp: i64,
    ) -> PyResult<Vec<Sealed<'py>>> {
        let mut encoders: Vec<_> =
            lots.iter().map(|(_, _, rows)| encoder(&headers, timestamp, self.limit, rows.len())).collect();
        let entries = py.detach(|| self.sealed(&batch, &lots, &owns, &mut encoders))?;
        let said = |told: &Vec<Vec<u8>>| told.iter().map(|entry| PyBytes::new(py, entry)).collect();
        Ok(encoders.into_iter().zip(&entries).map(|(encoder, told)| (Records { encoder }, said(told))).collect())
    }
}

impl Sources {
    fn sealed(
        &self, batch: &Batch, lots: &[Lot], owns: &[PyBackedBytes], encoders: &mut [Encoder],
    ) -> Result<Vec<Vec<Vec<u8>>>, Fault> {
        let (key, nonces, _, _, wordings) = batch;
        let count: usize = lots.iter().map(|(_, _, rows)| rows.len()).sum();
        if nonces.len() != NONCE * count || owns.len() != count {
            return Err(Fault::Nonces);
        }
        let mut room = Room::new(wordings);
        let mut own = nonces.chunks(NONCE).zip(owns);
        let mut one = |((start, first, rows), encoder): (&Lot, &mut Encoder)| {
            let mut sealer = Sealer::new(key, start).ok_or(Fault::Key)?;
            let mut next = |(row, seq): (&Row, u64)| {
                let (nonce, own) = own.next().ok_or(Fault::Nonces)?;
                self.told(batch, row, (seq, nonce, own), &mut sealer, encoder, &mut room)
            };
            rows.iter().zip(*first..).map(&mut next).collect()
        };
        lots.iter().zip(encoders).map(&mut one).collect()
    }

    /// Seals one disclosure into `encoder`; its entry.
    fn told(
        &self, (_, _, contract, hash, wordings): &Batch, (case, source, wording): &Row, (seq, nonce, own): (u64, &[u8], &[u8]),
        sealer: &mut Sealer, encoder: &mut Encoder, room: &mut Room,
    ) -> Result<Vec<u8>, Fault> {
        let source = self.records.get(*source).ok_or(Fault::Index)?;
        let said = wordings.get(*wording).ok_or(Fault::Index)?;
        let id = token::name(self.cases.get(*case).ok_or(Fault::Index)?, contract);
        let Room { payload, token, hints } = room;
        cut(payload, source, said, &mut hints[*wording], &id);
        let told = json::told(payload).ok_or(Fault::Payload)?;
        sealer.seal(nonce, seq, &id, own, payload, token);
        encoder.push(own, token);
        Ok(entry(&[contract, hash, &id], seq, &told, token))
    }
}

/// Where one disclosure after the other is made. `hints`: by wording, where its items stood in the last record.
struct Room {
    payload: Vec<u8>,
    token: Vec<u8>,
    hints: Vec<Vec<usize>>,
}

impl Room {
    fn new(wordings: &[Wording]) -> Room {
        let hints = wordings.iter().map(|(_, _, items, _)| vec![0; items.len()]).collect();
        Room { payload: Vec::new(), token: Vec::new(), hints }
    }
}

/// Records of one partition, as they go onto the broker.
#[pyclass(frozen)]
struct Records {
    encoder: Encoder,
}

#[pymethods]
impl Records {
    /// Records of these keys and values.
    #[new]
    fn new(keys: Vec<PyBackedBytes>, values: Vec<PyBackedBytes>, headers: Headers, timestamp: i64, limit: usize) -> Self {
        let mut encoder = encoder(&headers, timestamp, limit, keys.len());
        keys.iter().zip(&values).for_each(|(key, value)| encoder.push(key, value));
        Records { encoder }
    }

    fn __len__(&self) -> usize {
        self.encoder.count()
    }

    /// Key and value of a record.
    fn pair<'py>(&self, py: Python<'py>, at: usize) -> PyResult<Pair<'py>> {
        let [key, value] = self.encoder.pair(at).ok_or(Fault::Index)?;
        Ok((PyBytes::new(py, key), PyBytes::new(py, value)))
    }

    /// Of each batch how many records it has, and its length.
    fn sizes(&self) -> Vec<(u32, usize)> {
        self.encoder.sizes()
    }

    /// A batch, with the state of its producer.
    fn batch<'py>(
        &self, py: Python<'py>, at: usize, producer: i64, epoch: i16, sequence: i32, transactional: bool,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let (head, records) = self.encoder.batch(at, producer, epoch, sequence, transactional).ok_or(Fault::Index)?;
        PyBytes::new_with(py, head.len() + records.len(), |whole| {
            whole[..head.len()].copy_from_slice(&head);
            whole[head.len()..].copy_from_slice(records);
            Ok(())
        })
    }
}

fn encoder(headers: &Headers, timestamp: i64, limit: usize, expected: usize) -> Encoder {
    let named: Vec<_> = headers.iter().map(|(name, value)| (name.as_bytes(), &value[..])).collect();
    Encoder::new(&named, timestamp, limit, expected)
}

/// Writes one payload; `hints` are where the items stood in the record before, which is where they mostly stand.
fn cut(
    payload: &mut Vec<u8>,
    source: &Source,
    (lead, head, items, tail): &Wording,
    hints: &mut [usize],
    id: &[u8],
) {
    payload.clear();
    for piece in [br#"{"id":""#, id, br#"","#, lead, &source.beginning, head, b"{"] {
        payload.extend_from_slice(piece);
    }
    for (at, (item, hint)) in items.iter().zip(hints).enumerate() {
        let value = source.record.value(item.as_bytes(), hint).unwrap_or(b"null");
        for piece in [if at == 0 { &b"\""[..] } else { b",\"" }, item.as_bytes(), b"\":", value] {
            payload.extend_from_slice(piece);
        }
    }
    payload.push(b'}');
    payload.extend_from_slice(tail);
}

/// The entry of a ledger line: state, items and order are those of the payload, the digest is that of the token.
fn entry(named: &[&[u8]; 3], seq: u64, told: &json::Told, token: &[u8]) -> Vec<u8> {
    let mut said = Vec::with_capacity(told.items.len() + 384);
    for (piece, name) in [r#"{"contract":""#, r#"","contract_hash":""#, r#"","disclosure":""#].iter().zip(named) {
        said.extend_from_slice(piece.as_bytes());
        said.extend_from_slice(name);
    }
    let (number, digest) = (seq.to_string(), token::digest(token));
    for piece in [
        &b"\",\"seq\":"[..], number.as_bytes(), b",\"state\":", &told.state, b",\"items\":[", &told.items,
        b"],\"token_sha256\":\"", &digest, b"\"",
    ] {
        said.extend_from_slice(piece);
    }
    if let Some(order) = &told.transfer {
        said.extend_from_slice(b",\"transfer\":");
        said.extend_from_slice(order);
    }
    said.push(b'}');
    said
}

/// The door for Changes. Made from the form of a record, the kinds that there are, and what membership asks for.
#[pyclass(frozen)]
struct Door {
    door: door::Door,
}

/// Where a record stands in the content, and the values that membership asks for.
type Place<'py> = (usize, usize, Vec<Option<Bound<'py, PyAny>>>);
/// Content, id as text and as bytes, version, kind, (effective_on, notified_on), recorded_at, cancels, to, the records,
/// the members that differ as bits.
type Found<'py> = (
    Bound<'py, PyBytes>, Bound<'py, PyString>, Bound<'py, PyBytes>, u64, Bound<'py, PyString>,
    (Bound<'py, PyString>, Option<Bound<'py, PyString>>), Bound<'py, PyString>, Option<Bound<'py, PyString>>,
    Option<Vec<Bound<'py, PyString>>>, Option<Place<'py>>, Option<Place<'py>>, u64,
);

#[pymethods]
impl Door {
    #[new]
    fn new(record: Vec<(String, Bound<'_, PyAny>)>, kinds: Vec<String>, asked: Vec<String>) -> PyResult<Self> {
        let record = form_of(record)?;
        let place = |name: &String| record.members.iter().position(|(own, _)| own == name.as_bytes());
        let asked = asked.iter().map(place).collect::<Option<_>>().ok_or(Fault::Form)?;
        let kinds = kinds.into_iter().map(String::into_bytes).collect();
        Ok(Door { door: door::Door { record, kinds, asked } })
    }

    /// What each row (token, record key, resident) holds; None: look at it strictly.
    fn read<'py>(
        &self, py: Python<'py>, keys: Vec<(String, PyBackedBytes)>, middle: PyBackedBytes, rows: Vec<[PyBackedBytes; 3]>,
    ) -> PyResult<Vec<Option<Found<'py>>>> {
        let keys = opening_keys(keys)?;
        let header = Header { middle: &middle, keys: &keys };
        let seen: Vec<Option<Seen>> = py.detach(|| rows.iter().map(|row| self.seen(&header, row)).collect());
        seen.iter().map(|one| one.as_ref().map(|one| found(py, one)).transpose()).collect()
    }
}

impl Door {
    fn seen(&self, header: &Header, [token, own, resident]: &[PyBackedBytes; 3]) -> Option<Seen> {
        let seen = self.door.seen(header.opened(token, own)?)?;
        (token::unhexed(&seen.content[seen.resident.clone()])? == resident[..]).then_some(seen)
    }
}

fn form_of(members: Vec<(String, Bound<'_, PyAny>)>) -> PyResult<Form> {
    let member = |(name, kind): (String, Bound<'_, PyAny>)| {
        let kind = match kind.extract::<String>() {
            Ok(named) => Kind::named(&named).ok_or(Fault::Form)?,
            Err(_) => Kind::Object(form_of(kind.extract()?)?),
        };
        Ok((name.into_bytes(), kind))
    };
    let members: Vec<_> = members.into_iter().map(member).collect::<PyResult<_>>()?;
    if members.len() > 64 { Err(Fault::Form.into()) } else { Ok(Form { members }) }
}

fn found<'py>(py: Python<'py>, seen: &Seen) -> PyResult<Found<'py>> {
    let text = |place: &std::ops::Range<usize>| PyString::from_bytes(py, &seen.content[place.clone()]);
    let all = |named: &Vec<_>| named.iter().map(text).collect::<PyResult<Vec<_>>>();
    let id = token::unhexed(&seen.content[seen.id.clone()]).ok_or(Fault::Form)?;
    Ok((
        PyBytes::new(py, &seen.content), text(&seen.id)?, PyBytes::new(py, &id), seen.version, text(&seen.kind)?,
        (text(&seen.effective_on)?, seen.notified_on.as_ref().map(text).transpose()?), text(&seen.recorded_at)?,
        seen.cancels.as_ref().map(text).transpose()?, seen.to.as_ref().map(all).transpose()?,
        placed(py, seen, seen.before.as_ref())?, placed(py, seen, seen.after.as_ref())?, seen.altered,
    ))
}

fn placed<'py>(py: Python<'py>, seen: &Seen, record: Option<&Registered>) -> PyResult<Option<Place<'py>>> {
    let value = |place: &Option<std::ops::Range<usize>>| {
        Ok(match place.clone().map(|place| &seen.content[place]) {
            None | Some(b"null") => None,
            Some(b"true") => Some(true.into_bound_py_any(py)?),
            Some(b"false") => Some(false.into_bound_py_any(py)?),
            Some(word) => Some(PyString::from_bytes(py, &word[1..word.len() - 1])?.into_any()),
        })
    };
    let asked = |one: &Registered| one.asked.iter().map(value).collect::<PyResult<Vec<_>>>();
    record.map(|one| Ok((one.place.start, one.place.end, asked(one)?))).transpose()
}

/// The content keys that these tokens name, and how many name each.
#[pyfunction]
fn kids(tokens: Vec<PyBackedBytes>) -> HashMap<String, usize> {
    let mut found = HashMap::new();
    for kid in tokens.iter().filter_map(|token| String::from_utf8(opening::kid(token)?).ok()) {
        *found.entry(kid).or_default() += 1;
    }
    found
}

/// Content, hash of the contract, number and id of a disclosure.
type Disclosed<'py> = (Bound<'py, PyBytes>, Bound<'py, PyString>, u64, Bound<'py, PyString>);

/// The disclosure in each row (token, record key, which of `middles` is that of its place); None: look at it strictly.
#[pyfunction]
fn disclosed<'py>(
    py: Python<'py>, keys: Vec<(String, PyBackedBytes)>, middles: Vec<PyBackedBytes>,
    rows: Vec<(PyBackedBytes, PyBackedBytes, usize)>,
) -> PyResult<Vec<Option<Disclosed<'py>>>> {
    let keys = opening_keys(keys)?;
    let one = |(token, own, at): &(PyBackedBytes, PyBackedBytes, usize)| {
        opening::disclosed(token, own, middles.get(*at)?, &keys)
    };
    let found: Vec<_> = py.detach(|| rows.iter().map(one).collect());
    let told = |one: opening::Disclosed| {
        let [contract, id] = [&one.contract, &one.id].map(|text| PyString::from_bytes(py, text));
        Ok((PyBytes::new(py, &one.content), contract?, one.seq, id?))
    };
    found.into_iter().map(|one| one.map(told).transpose()).collect()
}

fn opening_keys(keys: Vec<(String, PyBackedBytes)>) -> PyResult<Vec<(Vec<u8>, LessSafeKey)>> {
    let key = |(kid, bytes): (String, PyBackedBytes)| Some((kid.into_bytes(), opening::key(&bytes)?));
    Ok(keys.into_iter().map(key).collect::<Option<_>>().ok_or(Fault::Key)?)
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("INTERFACE", 5)?;
    module.add_function(wrap_pyfunction!(disclosed, module)?)?;
    module.add_function(wrap_pyfunction!(kids, module)?)?;
    module.add_class::<Door>()?;
    module.add_class::<Records>()?;
    module.add_class::<Sources>()
}
