//! When a connection of a pool retires: it has been idle for long enough, or open.

use std::time::Instant;

use super::super::waiting::later;
use super::super::{Pool, Settings, State};
use super::Work;
use crate::driver::Command;

impl Pool {
    pub(super) fn is_old(&self, state: &State, id: u64, now: Instant) -> bool {
        let born = state.connections.slots.get(&id).map(|slot| slot.born);
        match (self.settings.max_lifetime, born) {
            (Some(lifetime), Some(born)) => now.saturating_duration_since(born) >= lifetime,
            _ => false,
        }
    }

    /// Makes sure that somebody looks when an idle connection may retire.
    pub(super) fn watch_idle(&self, state: &mut State, now: Instant) {
        let Settings { idle_timeout, max_lifetime, min_idle, .. } = &self.settings;
        // Where all retire after equally long without work, whoever has come last is not the next.
        let in_order = max_lifetime.is_none() && *min_idle == 0;
        let last = idle_timeout.map(|by| later(now, by));
        let covered = in_order && last.is_none_or(|at| state.connections.reaper.rings_by(at));
        if state.closed || covered {
            return;
        }
        let Some((_, at)) = self.next_to_retire(state, now) else {
            return;
        };
        if !state.connections.reaper.rings_by(at) {
            // Without a timer they stay: it costs memory and no more.
            state.connections.reaper = self.alarm(at, Self::look_at_idle).unwrap_or_default();
        }
    }

    /// Finds the idle connection that retires first, and when.
    fn next_to_retire(&self, state: &State, now: Instant) -> Option<(u64, Instant)> {
        let Settings { idle_timeout, max_lifetime, min_idle, .. } = &self.settings;
        let connections = &state.connections;
        let spare = connections.idle.len() > *min_idle;
        let due = connections.slots.iter().filter_map(|(id, slot)| {
            let Work::Idle(since) = slot.work else {
                return None;
            };
            let idle = idle_timeout.filter(|_| spare || slot.writes).map(|by| later(since, by));
            let old = max_lifetime.map(|by| later(slot.born, by));
            let at = [idle, old].into_iter().flatten().min()?;
            Some((*id, at.max(now)))
        });
        due.min_by_key(|(_, at)| *at)
    }

    /// Closes the idle connections whose time has come.
    fn look_at_idle(&self) {
        let now = self.now();
        let mut retired = Vec::new();
        let mut state = self.lock();
        let timer = state.connections.reaper.call_off();
        while !state.closed
            && let Some((id, at)) = self.next_to_retire(&state, now)
            && at <= now
        {
            retired.extend(state.connections.remove(id));
        }
        self.watch_idle(&mut state, now);
        let opened = self.open_readers(&mut state, now);
        drop(state);
        drop(timer);
        for slot in retired {
            let _ = slot.link.send(Command::Close);
        }
        self.launch(opened);
    }
}
