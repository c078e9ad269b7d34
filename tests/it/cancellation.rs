//! Futures and streams are dropped anywhere: nothing leaks, nothing is half done, nobody else is hurt.
//!
//! The sweeps poll every public future so many times and drop it, for each number of polls until it
//! comes to its end by itself.

mod bystanders;
mod deaf;
mod forgotten;
mod held;
mod moved;
mod stops;
mod sweep;
mod sweeps;
