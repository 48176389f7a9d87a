//! The NGNPro service as its clients meet it.

mod accounts;
mod clients;
mod customers;
mod door;
mod envelope;
mod numbers;
mod zones;
