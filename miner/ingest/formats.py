"""Log formats, as data: a new one is an entry in FORMATS and cases in tests/cases.

Four kinds of log: lines that a template describes, lines of JSON, lines with a header that names their
columns (W3C), and files whose records are no lines at all (documents, tables).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from miner.ingest.dialects import MILLI, NANO, End

Kind = Literal["template", "json", "w3c", "records"]
Paths = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Format:
    """How one kind of log is taken apart."""

    title: str
    kind: Kind = "template"
    template: str = ""
    """In the words of a dialect (`miner.ingest.dialects`)."""
    fields: Paths = field(default_factory=dict)
    """For JSON and tables: where each field is, `request.headers.User-Agent[0]`; the first that is there."""
    stamped: End | None = None
    """Where the template does not tell: end, as most servers do."""
    unit: float = 1.0
    """Seconds per unit of the durations."""
    header: str | None = None
    """For W3C: the names of the columns where the file does not say."""
    origin: bool = False
    """Whether scheme and host are logged before every target, whatever the client sent."""
    also: tuple[str, ...] = ()
    """Formats that the same server writes into the same file."""
    sign: tuple[str, ...] = ()
    """Paths that JSON of this format has and others have not."""


COMBINED = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"'
ALB = (
    "<type> <time> <elb> <client:port> <target:port> <request_processing_time> <target_processing_time>"
    ' <response_processing_time> <elb_status_code> <target_status_code> <received_bytes> <sent_bytes> "<request>"'
    ' "<user_agent>" <ssl_cipher> <ssl_protocol> <target_group_arn> "<trace_id>"<...>'
)
CLOUDFRONT = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer)"
    " cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol"
    " cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type"
    " cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte"
    " x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end"
)
FORMATS: dict[str, Format] = {
    # Apache stamps the start, nginx the end. Without a duration it makes no difference, and both write these.
    "combined": Format("combined, as nginx and Apache log by default", template=COMBINED, stamped="end"),
    "combined_plus": Format(
        "combined, then the request time in seconds and the user",
        template='$remote_addr $ident $remote_user [$time_local] "$request" $status $body_bytes_sent'
        ' "$http_referer" "$http_user_agent" $request_time "$user"',
    ),
    "common": Format("common (NCSA)", template='%h %l %u %t "%r" %>s %b', stamped="end"),
    "vhost_combined": Format("combined after the virtual host", template="%v " + COMBINED, stamped="end"),
    "vhost_common": Format(
        "common after the virtual host", template='%v %h %l %u %t "%r" %>s %b', stamped="end"
    ),
    "ingress_nginx": Format(
        "ingress-nginx of Kubernetes",
        template='$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer"'
        ' "$http_user_agent" $request_length $request_time [$proxy_upstream_name]'
        " [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time"
        " $upstream_status $req_id",
    ),
    "nginx_proxy_manager": Format(
        "nginx proxy manager, proxied hosts",
        template="[$time_local] $upstream_cache_status $upstream_status $status - $request_method $scheme $host"
        ' "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio] [Sent-to $server]'
        ' "$http_user_agent" "$http_referer"',
        also=("nginx_proxy_manager_standard",),
    ),
    "nginx_proxy_manager_standard": Format(
        "nginx proxy manager, its own answers",
        template='[$time_local] $status - $request_method $scheme $host "$request_uri" [Client $remote_addr]'
        ' [Length $body_bytes_sent] [Gzip $gzip_ratio] "$http_user_agent" "$http_referer"',
    ),
    "traefik_clf": Format(
        "Traefik's common log format",
        template="<remote_IP_address> - <client_user_name_if_available> [<timestamp>]"
        ' "<request_method> <request_path> <request_protocol>" <HTTP_status> <content-length>'
        ' "<request_referrer>" "<request_user_agent>" <number_of_requests_received_since_Traefik_started>'
        ' "<Traefik_router_name>" "<Traefik_server_URL>" <request_duration_in_ms>ms',
    ),
    "haproxy_http": Format(
        "HAProxy's HTTP log",
        template="%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq"
        ' %hr %hs "%r"',
    ),
    "envoy": Format(
        "Envoy's default text",
        template='[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE%'
        " %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"
        ' "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"',
    ),
    "aws_alb": Format("AWS application load balancer", template=ALB, origin=True),
    "caddy": Format(
        "Caddy's JSON",
        kind="json",
        fields={
            "stamp": ("ts",),
            "address": ("request.client_ip", "request.remote_ip", "request.remote_addr"),
            "forwarded": ("request.headers.X-Forwarded-For[0]",),
            "remote_user": ("user_id",),
            "method": ("request.method",),
            "target": ("request.uri",),
            "status": ("status",),
            "bytes": ("size",),
            "referrer": ("request.headers.Referer[0]",),
            "agent": ("request.headers.User-Agent[0]",),
            "lasted": ("duration",),
        },
        sign=("logger", "msg"),
    ),
    "traefik_json": Format(
        "Traefik's JSON",
        kind="json",
        fields={
            "stamp": ("StartUTC", "StartLocal", "time"),
            "address": ("ClientHost",),
            "remote_user": ("ClientUsername",),
            "method": ("RequestMethod",),
            "target": ("RequestPath",),
            "status": ("DownstreamStatus",),
            "bytes": ("DownstreamContentSize",),
            "referrer": ("request_Referer",),
            "agent": ("request_User-Agent",),
            "lasted": ("Duration",),
        },
        stamped="start",
        unit=NANO,
        sign=("RequestMethod", "DownstreamStatus"),
    ),
    "envoy_json": Format(
        "Envoy's JSON, also of Istio and Envoy Gateway",
        kind="json",
        fields={
            "stamp": ("start_time",),
            "address": ("downstream_remote_address",),
            "forwarded": ("x-forwarded-for", "x_forwarded_for", "forwarded_for"),
            "method": ("method",),
            "target": ("x-envoy-origin-path", "x-envoy-original-path", "path", ":path"),
            "status": ("response_code",),
            "bytes": ("bytes_sent",),
            "referrer": ("referer",),
            "agent": ("user-agent", "user_agent"),
            "lasted": ("duration",),
            "trace_id": ("x-request-id", "request_id"),
        },
        stamped="start",
        unit=MILLI,
        sign=("response_code", "start_time"),
    ),
    "gcp_load_balancer": Format(
        "Google Cloud load balancer (LogEntry)",
        kind="json",
        fields={
            # The entry's own stamp is when the balancer got the request; latency is text such as "0.012s".
            "stamp": ("timestamp",),
            "address": ("httpRequest.remoteIp",),
            "method": ("httpRequest.requestMethod",),
            "target": ("httpRequest.requestUrl",),
            "status": ("httpRequest.status",),
            "bytes": ("httpRequest.responseSize",),
            "referrer": ("httpRequest.referer",),
            "agent": ("httpRequest.userAgent",),
            "lasted": ("httpRequest.latency",),
            "trace_id": ("trace",),
        },
        stamped="start",
        sign=("httpRequest",),
    ),
    "ecs": Format(
        "Elastic Common Schema",
        kind="json",
        fields={
            "stamp": ("event.start", "@timestamp"),
            "address": ("source.ip", "client.ip", "source.address", "client.address"),
            "user": ("user.id", "user.name"),
            "method": ("http.request.method",),
            "target": ("url.original", "url.full", "url.path"),
            "query": ("url.query",),
            "status": ("http.response.status_code",),
            "bytes": ("http.response.body.bytes", "http.response.bytes"),
            "referrer": ("http.request.referrer",),
            "agent": ("user_agent.original",),
            "lasted": ("event.duration",),
            "trace_id": ("trace.id",),
        },
        stamped="start",
        unit=NANO,
        sign=("@timestamp", "http.request.method"),
    ),
    "nginx_json": Format(
        "nginx's variables as JSON",
        kind="json",
        fields={
            "stamp": ("msec", "time_iso8601", "time_local", "time", "timestamp", "@timestamp"),
            "address": ("remote_addr", "remote_ip", "client_ip", "clientip"),
            "forwarded": ("http_x_forwarded_for", "x_forwarded_for"),
            "remote_user": ("remote_user",),
            "user": ("http_x_user_id", "user_id"),
            "request": ("request",),
            "method": ("request_method", "method"),
            "target": ("request_uri", "uri", "path"),
            "query": ("args", "query_string"),
            "status": ("status",),
            "bytes": ("body_bytes_sent", "bytes_sent", "bytes", "size"),
            "referrer": ("http_referer", "http_referrer", "referer", "referrer"),
            "agent": ("http_user_agent", "user_agent", "agent"),
            "lasted": ("request_time", "upstream_response_time"),
            "trace_id": ("request_id", "req_id"),
        },
        sign=("status",),
    ),
    "cloudfront": Format("AWS CloudFront", kind="w3c", header=CLOUDFRONT),
    "w3c": Format("W3C extended log, as of IIS", kind="w3c"),
    "otlp": Format("OpenTelemetry spans, OTLP/JSON", kind="records", stamped="start"),
    "jaeger": Format("Jaeger's JSON", kind="records", stamped="start"),
    "har": Format("HTTP archive", kind="records", stamped="start"),
    "csv": Format("a table in a CSV file", kind="records", stamped="start"),
    "parquet": Format("a table in a Parquet file", kind="records", stamped="start"),
}
