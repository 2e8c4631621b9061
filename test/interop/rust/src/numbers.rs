//! How serde_json writes and reads numbers.

use std::io::{self, BufRead, Write};

use serde_json::{Value, json};

use crate::Failure;

/// For every line, the bits of an f64 in hex: `{"bits","text"}` with the text that serde_json writes for it.
pub fn floats() -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let bits = line?;
        let text = serde_json::to_string(&f64::from_bits(u64::from_str_radix(bits.trim(), 16)?))?;
        writeln!(out, "{}", json!({ "bits": bits, "text": text }))?;
    }
    Ok(())
}

/// For every line, a JSON text: `{"json"}` with the text that comes back from a `serde_json::Value`, or `{"error"}`.
pub fn values() -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = match serde_json::from_str::<Value>(&line?) {
            Ok(value) => json!({ "json": value.to_string() }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
