//! What is done here shows at the other doors, and back.
