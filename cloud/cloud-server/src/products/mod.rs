//! Products as people register them: from the fields of a form to a product of the catalogue, and the events that tell
//! others of it.

pub mod alike;
pub mod event;
pub mod photo;
pub mod picture;
pub mod registration;
