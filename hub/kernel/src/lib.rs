//! Open, cut, pad, seal and measure: for a whole batch in one call, without Python's lock.
//!
//! `form.py` says what goes in and what comes out; `twin.py` is the same in Python, and property tests hold the two
//! to the same bytes. Nothing here decides who is told what, nothing here refuses a Change, and nothing draws a nonce.

mod door;
mod form;
mod json;
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
            Fault::Index => PyIndexError::new_err("no such record or wording"),
            Fault::Nonces => PyValueError::new_err("one nonce for each row"),
            Fault::Key => PyValueError::new_err("a key has 32 bytes"),
            Fault::Record => PyValueError::new_err("a record is not one JSON object"),
            Fault::Form => PyValueError::new_err("no such form"),
            Fault::Payload => PyValueError::new_err("a payload is not one JSON object with state and items"),
        }
    }
}

type Wording = (PyBackedBytes, PyBackedBytes, Vec<PyBackedStr>, PyBackedBytes);
/// Key, start of the headers, nonces, id and hash of the contract, wordings.
type Batch = (PyBackedBytes, PyBackedBytes, PyBackedBytes, PyBackedBytes, PyBackedBytes, Vec<Wording>);
/// Places of record and wording, seq, id of the change, record key.
type Row = (usize, usize, u64, PyBackedBytes, PyBackedBytes);
type Pair<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>);

/// A token, and its entry in a line of the ledger.
struct Sealed {
    token: Vec<u8>,
    entry: Vec<u8>,
}

/// A record, what is derived beside it, and the beginning of every payload that is cut from the two.
struct Source {
    record: Record,
    derived: Record,
    beginning: Vec<u8>,
}

impl Source {
    fn value(&self, item: &[u8], [derived, hint]: &mut [usize; 2]) -> &[u8] {
        let found = self.derived.value(item, derived).or_else(|| self.record.value(item, hint));
        found.unwrap_or(b"null")
    }
}

/// The records of a batch.
#[pyclass(frozen)]
struct Sources {
    records: Vec<Source>,
}

#[pymethods]
impl Sources {
    #[new]
    fn new(records: Vec<[PyBackedBytes; 3]>) -> PyResult<Self> {
        let read = |[record, derived, beginning]: &[PyBackedBytes; 3]| {
            let [record, derived] = [record, derived].map(|text| Record::read(text).ok_or(Fault::Record));
            Ok(Source { record: record?, derived: derived?, beginning: beginning.to_vec() })
        };
        Ok(Sources { records: records.iter().map(read).collect::<Result<_, Fault>>()? })
    }

    fn seal<'py>(&self, py: Python<'py>, batch: Batch, rows: Vec<Row>) -> PyResult<Vec<Pair<'py>>> {
        let sealed = py.detach(|| self.sealed(&batch, &rows))?;
        Ok(sealed.iter().map(|one| (PyBytes::new(py, &one.token), PyBytes::new(py, &one.entry))).collect())
    }
}

impl Sources {
    fn sealed(&self, batch: &Batch, rows: &[Row]) -> Result<Vec<Sealed>, Fault> {
        let (key, start, nonces, contract, hash, wordings) = batch;
        if nonces.len() != NONCE * rows.len() {
            return Err(Fault::Nonces);
        }
        let mut sealer = Sealer::new(key, start).ok_or(Fault::Key)?;
        let mut hints: Vec<_> = wordings.iter().map(|(_, _, items, _)| vec![[0, 0]; items.len()]).collect();
        let mut payload = Vec::new();
        let one = |((source, wording, seq, change, own), nonce): (&Row, &[u8])| {
            let source = self.records.get(*source).ok_or(Fault::Index)?;
            let said = wordings.get(*wording).ok_or(Fault::Index)?;
            let id = token::name(change, contract);
            cut(&mut payload, source, said, &mut hints[*wording], &id);
            let told = json::told(&payload).ok_or(Fault::Payload)?;
            let token = sealer.seal(nonce, *seq, &id, own, &mut payload);
            Ok(Sealed { entry: entry(&[contract, hash, &id], *seq, &told, &token), token })
        };
        rows.iter().zip(nonces.chunks_exact(NONCE)).map(one).collect()
    }
}

/// Writes one payload; `hints` are where the items stood in the record before, which is where they mostly stand.
fn cut(
    payload: &mut Vec<u8>,
    source: &Source,
    (lead, head, items, tail): &Wording,
    hints: &mut [[usize; 2]],
    id: &[u8],
) {
    payload.clear();
    for piece in [br#"{"id":""#, id, br#"","#, lead, &source.beginning, head, b"{"] {
        payload.extend_from_slice(piece);
    }
    for (at, (item, hint)) in items.iter().zip(hints).enumerate() {
        let value = source.value(item.as_bytes(), hint);
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

    /// The content keys that these tokens name, and how many name each.
    #[staticmethod]
    fn kids(tokens: Vec<PyBackedBytes>) -> HashMap<String, usize> {
        let mut found = HashMap::new();
        for kid in tokens.iter().filter_map(|token| String::from_utf8(door::kid(token)?).ok()) {
            *found.entry(kid).or_default() += 1;
        }
        found
    }

    /// What each row (token, record key, resident) holds; None: look at it strictly.
    fn read<'py>(
        &self, py: Python<'py>, keys: Vec<(String, PyBackedBytes)>, middle: PyBackedBytes, rows: Vec<[PyBackedBytes; 3]>,
    ) -> PyResult<Vec<Option<Found<'py>>>> {
        let key = |(kid, bytes): (String, PyBackedBytes)| Some((kid.into_bytes(), door::key(&bytes)?));
        let keys: Vec<(Vec<u8>, LessSafeKey)> = keys.into_iter().map(key).collect::<Option<_>>().ok_or(Fault::Key)?;
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

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("INTERFACE", 2)?;
    module.add_class::<Door>()?;
    module.add_class::<Sources>()
}
