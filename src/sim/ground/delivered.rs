//! What was brought to stages as it truly is, and what the forge shows of it.

use crate::ids::{RecordId, ReleaseId};
use crate::port::deploy::Order;
use crate::port::records::{NewRecord, NewRecordStatus, NewRelease};
use std::collections::BTreeMap;

/// Everything about deliveries outside of the bot.
#[derive(Debug, Default)]
pub struct Delivered {
    /// What drivers were asked to carry out, by key.
    pub orders: BTreeMap<String, Order>,
    /// Records of deployments, with their states in the order in which they came.
    pub records: BTreeMap<RecordId, (NewRecord, Vec<NewRecordStatus>)>,
    /// Releases.
    pub releases: BTreeMap<ReleaseId, NewRelease>,
}
