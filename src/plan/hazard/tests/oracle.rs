//! Every mixture written out and judged one by one: what the short way must agree with.
