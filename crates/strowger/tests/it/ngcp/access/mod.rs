//! Getting in: passwords in both realms, tokens, client certificates; and being kept out.

mod bans;
mod certificates;
mod passwords;
mod second_factor;
mod tokens;
