//! Who the client is where the peer is one that may say so (`nginx_config.http.real_ip_*`).

use crate::client_addr::named;
use crate::exchange::Exchange;

/// Takes the client's address from the field that names it. Asked only on connections of peers that may name one.
#[cold]
pub(super) fn apply(x: &mut Exchange) {
    let settings = x.worker().settings();
    let Some(real_ip) = &settings.real_ip else { return };
    let head = &x.req.head;
    let lines: Vec<&[u8]> = head.get_all(real_ip.header.as_name()).collect();
    if let Some(named) = named(&lines, &real_ip.from, real_ip.recursive) {
        x.client_addr = Some(named);
    }
}
