//! Cut, pad, seal and measure: what is done once per disclosure, for a whole batch in one call, without Python's lock.
//!
//! `form.py` says what goes in and what comes out; `twin.py` is the same in Python, and a property test holds the two
//! to the same bytes. Nothing here decides who is told what, and nothing here draws a nonce.

mod json;
mod token;

use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::PyBytes;

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
}

impl From<Fault> for PyErr {
    fn from(fault: Fault) -> PyErr {
        match fault {
            Fault::Index => PyIndexError::new_err("no such record or wording"),
            Fault::Nonces => PyValueError::new_err("one nonce for each row"),
            Fault::Key => PyValueError::new_err("a key has 32 bytes"),
            Fault::Record => PyValueError::new_err("a record is not one JSON object"),
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

/// The records of a batch: of each its members, and the beginning of every payload that is cut from it.
#[pyclass(frozen)]
struct Sources {
    records: Vec<(Record, Vec<u8>)>,
}

#[pymethods]
impl Sources {
    #[new]
    fn new(records: Vec<(PyBackedBytes, PyBackedBytes)>) -> PyResult<Self> {
        let read = |(text, beginning): &(PyBackedBytes, PyBackedBytes)| {
            Ok((Record::read(text).ok_or(Fault::Record)?, beginning.to_vec()))
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
        let mut hints: Vec<Vec<usize>> = wordings.iter().map(|(_, _, items, _)| vec![0; items.len()]).collect();
        let mut payload = Vec::new();
        let one = |((source, wording, seq, change, own), nonce): (&Row, &[u8])| {
            let (record, beginning) = self.records.get(*source).ok_or(Fault::Index)?;
            let said = wordings.get(*wording).ok_or(Fault::Index)?;
            let id = token::name(change, contract);
            cut(&mut payload, record, beginning, said, &mut hints[*wording], &id);
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
    record: &Record,
    beginning: &[u8],
    (lead, head, items, tail): &Wording,
    hints: &mut [usize],
    id: &[u8],
) {
    payload.clear();
    for piece in [br#"{"id":""#, id, br#"","#, lead, beginning, head, b"{"] {
        payload.extend_from_slice(piece);
    }
    for (at, (item, hint)) in items.iter().zip(hints).enumerate() {
        let value = record.value(item.as_bytes(), hint).unwrap_or(b"null");
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

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("INTERFACE", 1)?;
    module.add_class::<Sources>()
}
