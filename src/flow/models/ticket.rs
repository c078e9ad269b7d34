//! The ticket: whoever stops a statement and whoever runs it cannot miss each other.

use super::explore;
use crate::flow::sync::{Arc, Mutex, lock, thread};
use crate::flow::{Interrupt, Stop, Ticket};

/// A connection as its driver guards it: under one lock, what runs and what was interrupted.
#[derive(Default)]
struct Runner {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Option<u64>,
    interrupted: Vec<u64>,
}

impl Interrupt for Runner {
    fn interrupt(&self, ticket: u64) {
        let mut state = lock(&self.state);
        if state.running == Some(ticket) {
            state.interrupted.push(ticket);
        }
    }
}

/// Runs one step of a statement, and tells whether it was told to end before its step or in it.
fn step(runner: &Arc<Runner>, ticket: &Ticket) -> (bool, bool) {
    ticket.runs_on(runner);
    lock(&runner.state).running = Some(ticket.id());
    let before = ticket.stopped().is_some();
    // Any amount of time may pass here, until somebody interrupts.
    (before, !lock(&runner.state).interrupted.is_empty())
}

fn leave(runner: &Runner) -> Vec<u64> {
    let mut state = lock(&runner.state);
    state.running = None;
    state.interrupted.clone()
}

#[test]
fn a_stop_is_seen_before_the_step_or_interrupts_it() {
    explore(None, || {
        let ticket = Arc::new(Ticket::new());
        let runner = Arc::new(Runner::default());
        let stopped = Arc::clone(&ticket);
        let stopper = thread::spawn(move || stopped.stop(Stop::Dropped));

        let (before, _) = step(&runner, &ticket);
        stopper.join().unwrap();

        let interrupted = leave(&runner);
        assert!(before || interrupted == [ticket.id()], "the step would go on for ever");
    });
}

#[test]
fn a_stop_in_the_second_run_of_steps_is_not_missed() {
    explore(None, || {
        let ticket = Arc::new(Ticket::new());
        let runner = Arc::new(Runner::default());
        let stopped = Arc::clone(&ticket);
        let stopper = thread::spawn(move || stopped.stop(Stop::Closed));

        step(&runner, &ticket);
        leave(&runner);
        let (before, _) = step(&runner, &ticket);
        stopper.join().unwrap();

        let interrupted = leave(&runner);
        assert!(before || interrupted == [ticket.id()], "the step would go on for ever");
    });
}

#[test]
fn only_the_first_reason_counts_and_interrupts_once() {
    explore(None, || {
        let ticket = Arc::new(Ticket::new());
        let runner = Arc::new(Runner::default());
        ticket.runs_on(&runner);
        lock(&runner.state).running = Some(ticket.id());
        let stops = [Stop::Dropped, Stop::Deadline].map(|why| {
            let ticket = Arc::clone(&ticket);
            thread::spawn(move || {
                ticket.stop(why);
                ticket.stopped()
            })
        });

        let seen = stops.map(|stop| stop.join().unwrap());

        assert!(seen[0].is_some() && seen[0] == seen[1] && seen[0] == ticket.stopped());
        assert_eq!(leave(&runner), [ticket.id()]);
    });
}

#[test]
fn a_late_stop_does_not_reach_the_next_statement() {
    explore(None, || {
        let (first, second) = (Arc::new(Ticket::new()), Ticket::new());
        let runner = Arc::new(Runner::default());
        let stopped = Arc::clone(&first);
        let stopper = thread::spawn(move || stopped.stop(Stop::Dropped));

        step(&runner, &first);
        leave(&runner);
        let (before, _) = step(&runner, &second);
        stopper.join().unwrap();

        assert!(!before && second.stopped().is_none());
        assert!(!leave(&runner).contains(&second.id()));
    });
}
