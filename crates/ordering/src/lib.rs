//! Pools that refill themselves, real-time search, and orders that survive any crash.
