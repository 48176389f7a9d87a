//! Enums that are stored and shown as words.

/// Gives an enum its words: `Display`, `FromStr`, and the way into and out of the database.
macro_rules! text_enum {
    ($type:ident, $field:literal, { $($variant:ident => $word:literal),* $(,)? }) => {
        impl $type {
            /// Every value there is.
            pub const ALL: &'static [$type] = &[$($type::$variant),*];

            /// The word that stands for the value in the database and in every dialect that has no other.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($type::$variant => $word),* }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::Error;
            fn from_str(word: &str) -> $crate::Result<Self> {
                match word {
                    $($word => Ok($type::$variant),)*
                    _ => Err($crate::Error::invalid(
                        $field,
                        format!("`{word}` is not one of {}", [$($word),*].join(", ")),
                    )),
                }
            }
        }

        impl From<$type> for store::Val {
            fn from(value: $type) -> store::Val {
                store::Val::Text(value.as_str().to_owned())
            }
        }

        impl store::FromVal for $type {
            const WANTED: &'static str = $field;
            fn from_val(value: &store::Val) -> Option<Self> {
                match value {
                    store::Val::Text(word) => word.parse().ok(),
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use text_enum;
