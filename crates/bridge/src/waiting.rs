//! The waiting room: how many requests of one installation are worked on at once. Who finds it full is told at once;
//! nobody queues, because the other side's patience is shorter than any queue.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::id::InstallationId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The rooms of all installations.
#[derive(Debug)]
pub struct WaitingRoom {
    seats: usize,
    rooms: Mutex<HashMap<InstallationId, Arc<Semaphore>>>,
}

impl WaitingRoom {
    /// With so many seats per installation.
    pub fn new(seats: usize) -> Self {
        Self {
            seats,
            rooms: Mutex::new(HashMap::new()),
        }
    }

    /// A seat, kept until it is dropped; `None` when the room is full.
    pub fn enter(&self, installation: &InstallationId) -> Option<OwnedSemaphorePermit> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        // Only installations that signed rightly come here, so the map is as small as their number.
        let room = rooms
            .entry(installation.clone())
            .or_insert_with(|| Arc::new(Semaphore::new(self.seats)));
        let seat = Arc::clone(room).try_acquire_owned();
        drop(rooms);
        seat.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_room_is_full_for_its_own_installation_only() {
        let room = WaitingRoom::new(2);
        let (main, other) = ("main".parse().unwrap(), "other".parse().unwrap());
        let first = room.enter(&main).unwrap();
        let _second = room.enter(&main).unwrap();
        assert!(room.enter(&main).is_none());
        assert!(room.enter(&other).is_some());
        drop(first);
        assert!(room.enter(&main).is_some());
    }
}
