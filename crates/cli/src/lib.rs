//! The library behind the `countersign` program. Its one use to other programs is [`vectors`]: it reads and runs files of
//! signature vectors, so that tests and the program judge alike.
//!
//! To sign requests from Rust, use the crate [`countersign`].

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]

pub mod vectors;

mod args;
mod asked;
mod challenges;
mod check;
mod config;
mod explain;
mod failure;
mod import;
mod input;
mod mask;
mod moment;
mod output;
mod printable;
mod request;
mod send;
mod sign;
mod style;
mod token;
mod variables;
mod why;

use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::args::{Args, Command, Vectors};
use crate::failure::Failure;
use crate::style::Style;

/// The whole program: reads the arguments, does what they say, and returns the exit code.
#[must_use]
pub fn run() -> ExitCode {
    let args = Args::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    let done = command(args.command, &mut out).and_then(|code| {
        out.flush()?;
        Ok(code)
    });
    match done {
        Ok(code) => code,
        // Whoever read our output has read enough of it (`| head`).
        Err(Failure::Output(why)) if why.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            failure.exit_code()
        }
    }
}

fn command(command: Command, out: &mut impl io::Write) -> Result<ExitCode, Failure> {
    let style = Style::of(&io::stdout());
    match command {
        Command::Sign(args) => sign::sign(&args, &style, out),
        Command::Explain(args) => why::explain(&args, out),
        Command::Send(args) => send::send(&args, &style, out),
        Command::Import(args) => import::import(&args, &style, out),
        Command::Challenges { values } => challenges::challenges(&values, out),
        Command::Vectors(Vectors::Check { files }) => check::check(&files, &style, out),
        Command::Vectors(Vectors::List) => check::list(out),
        Command::Vectors(Vectors::Export { dir }) => check::export(&dir, out),
        Command::Token(command) => token::token(command, out),
        Command::Completions { shell } => {
            // Into memory first: it panics where it cannot write, and the reader may be gone.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "countersign", &mut script);
            out.write_all(&script)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
