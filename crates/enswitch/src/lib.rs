//! The Enswitch face: the JSON API under /api/json/.
