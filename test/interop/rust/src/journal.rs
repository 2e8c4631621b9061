//! Reading, appending to and archiving a journal directory with the crate's own `FileJournal`.

use std::io::{self, BufRead, Write};

use orderbook_rs::Journal;
use serde_json::json;

use crate::Failure;
use crate::engine::{self, Event, Store};

/// Segments of 64 KiB unless told otherwise: the crate's own default is 256 MiB.
const SEGMENT_SIZE: usize = 64 * 1024;

/// `{"seq","ts","crc","json"}` for every entry that the crate reads, where `json` is how it writes the event, or
/// `{"error"}`; at the end `{"last","verify"}`.
pub fn read(directory: &str, from: u64) -> Result<(), Failure> {
    let journal = open(directory, SEGMENT_SIZE)?;
    let mut out = io::stdout().lock();
    match journal.read_from(from) {
        Ok(entries) => {
            for entry in entries {
                let line = match entry {
                    Ok(entry) => json!({
                        "seq": entry.event.sequence_num.to_string(),
                        "ts": entry.event.timestamp_ns.to_string(),
                        "crc": entry.stored_crc,
                        "json": serde_json::to_string(&entry.event)?,
                    }),
                    Err(error) => json!({ "error": format!("{error:?}") }),
                };
                writeln!(out, "{line}")?;
            }
        }
        Err(error) => writeln!(out, "{}", json!({ "error": format!("{error:?}") }))?,
    }
    let last = match engine::last_sequence(&journal) {
        Ok(last) => json!(last.map(|last| last.to_string())),
        Err(error) => json!({ "error": error.to_string() }),
    };
    let verify = match journal.verify_integrity() {
        Ok(()) => json!("ok"),
        Err(error) => json!({ "error": format!("{error:?}") }),
    };
    writeln!(out, "{}", json!({ "last": last, "verify": verify }))?;
    Ok(())
}

/// Decodes every line of stdin as an event and appends it. Answers with `{"json"}`, the payload as the crate wrote it,
/// or `{"error"}`.
pub fn append(directory: &str, options: &[&str]) -> Result<(), Failure> {
    let journal = open(directory, segment_size(options)?)?;
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = match append_line(&journal, &line?) {
            Ok(text) => json!({ "json": text }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

fn append_line(journal: &Store, line: &str) -> Result<String, Failure> {
    let event: Event = serde_json::from_str(line)?;
    journal.append(&event)?;
    Ok(serde_json::to_string(&event)?)
}

/// `{"archived"}`: how many segments were.
pub fn archive(directory: &str, before: u64) -> Result<(), Failure> {
    let archived = open(directory, SEGMENT_SIZE)?.archive_segments_before(before)?;
    println!("{}", json!({ "archived": archived }));
    Ok(())
}

pub fn open(directory: &str, segment_size: usize) -> Result<Store, Failure> {
    Ok(Store::open_with_segment_size(directory, segment_size)?)
}

/// The value of `--segment-size`.
pub fn segment_size(options: &[&str]) -> Result<usize, Failure> {
    option(options, "--segment-size").map_or(Ok(SEGMENT_SIZE), |size| Ok(size.parse()?))
}

/// The word behind `name`.
pub fn option<'a>(options: &[&'a str], name: &str) -> Option<&'a str> {
    let at = options.iter().position(|word| *word == name)?;
    options.get(at + 1).copied()
}
