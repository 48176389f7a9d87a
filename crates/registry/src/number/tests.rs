//! Properties of the life cycle.
