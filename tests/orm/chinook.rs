//! Chinook, the music shop whose database many know: mapped as entities, and asked questions through typed
//! queries that plain SQL answers too.
//!
//! Each question is put to a small shop that is made here, and, where `HEADWATER_DATA` names the folder of
//! the public data sets, to the real one.

mod catalogue;
mod entities;
mod made;
mod playlists;
mod sales;
mod schema;
mod shop;
mod staff;
mod with;
mod writes;
