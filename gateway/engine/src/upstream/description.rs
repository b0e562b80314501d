//! The methods and types of a service, where its registry knows them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A description on its way.
pub type Describing = Pin<Box<dyn Future<Output = Result<Arc<Description>, Undescribed>> + Send>>;

/// Why there is no description.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Undescribed(pub Box<str>);

/// What is known of a service's methods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The interface.
    pub interface: Box<str>,
    /// Its methods; overloads are several.
    pub methods: Vec<Method>,
    /// The types that their parameters and results are made of.
    pub types: Vec<TypeDescription>,
}

/// A method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its name.
    pub name: Box<str>,
    /// The Java types of its parameters, as `java.util.List<peer.Order>` or `int`.
    pub parameters: Vec<Box<str>>,
    /// The Java type of its result.
    pub result: Box<str>,
}

/// A type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeDescription {
    /// Its Java name.
    pub name: Box<str>,
    /// Its fields and their Java types.
    pub properties: Vec<(Box<str>, Box<str>)>,
    /// The names of an enum's values.
    pub enums: Vec<Box<str>>,
    /// What an array or collection holds.
    pub items: Vec<Box<str>>,
}
