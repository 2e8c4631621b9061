//! The other side of the interop tests: reads, writes and replays journals with a published version of orderbook-rs.
//! `README.md` beside this workspace lists the subcommands. Every line on stdout is one JSON value.

mod engine;
mod flow;
mod journal;
mod numbers;
mod variants;

use std::env;
use std::error::Error;
use std::process::ExitCode;

/// Any failure of a subcommand: its text is printed to stderr.
pub type Failure = Box<dyn Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["read", directory] => journal::read(directory, 0),
        ["read", directory, from] => {
            from.parse().map_err(Failure::from).and_then(|from| journal::read(directory, from))
        }
        ["append", directory, options @ ..] => journal::append(directory, options),
        ["archive", directory, before] => {
            before.parse().map_err(Failure::from).and_then(|before| journal::archive(directory, before))
        }
        ["variants", directory, options @ ..] => variants::write(directory, options),
        ["flow", directory, options @ ..] => flow::run(directory, options),
        ["replay", directory, options @ ..] => flow::replay(directory, options),
        ["numbers"] => numbers::floats(),
        ["values"] => numbers::values(),
        _ => Err(
            "usage: read DIR [FROM] | append DIR [--segment-size N] | archive DIR BEFORE | variants DIR | \
                  flow DIR [options] | replay DIR [options] | numbers | values"
                .into(),
        ),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
