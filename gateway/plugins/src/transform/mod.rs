//! Requests and answers, changed on their way.
