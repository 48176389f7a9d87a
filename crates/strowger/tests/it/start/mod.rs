//! Starting, checking and stopping the program.

mod check;
mod completions;
mod first;
mod reload;
mod several;
mod stop;
