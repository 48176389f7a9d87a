//! Starting, checking and stopping the program.

mod carrier;
mod certificate;
mod check;
mod completions;
mod first;
mod kept;
mod reload;
mod several;
mod stop;
mod untouched;
