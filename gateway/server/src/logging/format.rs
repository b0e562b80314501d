//! The form of an access log record.

/// APISIX's default record.
pub const LINE: &str = "$remote_addr - $remote_user [$time_local] $http_host \"$request\" $status $body_bytes_sent $request_time \
     \"$http_referer\" \"$http_user_agent\" $upstream_addr $upstream_status $upstream_response_time \
     \"$upstream_scheme://$upstream_host$upstream_uri\" \"$apisix_request_id\"";

/// The same as one JSON object (with the escapes of JSON).
pub const JSON: &str = "{\"time\":\"$time_iso8601\",\"remote_addr\":\"$remote_addr\",\"remote_user\":\"$remote_user\",\
     \"host\":\"$http_host\",\"request\":\"$request\",\"status\":\"$status\",\"body_bytes_sent\":\"$body_bytes_sent\",\
     \"request_time\":\"$request_time\",\"referer\":\"$http_referer\",\"user_agent\":\"$http_user_agent\",\
     \"upstream_addr\":\"$upstream_addr\",\"upstream_status\":\"$upstream_status\",\
     \"upstream_response_time\":\"$upstream_response_time\",\"upstream_scheme\":\"$upstream_scheme\",\
     \"upstream_host\":\"$upstream_host\",\"upstream_uri\":\"$upstream_uri\",\"route_id\":\"$route_id\",\
     \"consumer\":\"$consumer_name\",\"request_id\":\"$apisix_request_id\"}";
