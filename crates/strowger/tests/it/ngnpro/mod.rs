//! The NGNPro service as its clients meet it.

mod accounts;
mod authorisation;
mod clients;
mod customers;
mod door;
mod envelope;
mod numbers;
mod other_doors;
mod phones;
mod zones;
