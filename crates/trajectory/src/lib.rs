//! Structure and trajectory files, in and out.
