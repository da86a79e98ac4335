"""What a person on call would want to see, as Prometheus metrics."""

from prometheus_client import Counter, Gauge, Histogram

turns = Counter("turns", "Answers that ended, by how.", ["ending"])
first_token = Histogram(
    "first_token_seconds",
    "From the request to the model's first token.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120),
)
chunks = Counter("stream_chunks", "Pieces of text that models streamed.")
lost_characters = Counter("lost_characters", "Characters of answers that no message shows. Stays 0.")
jobs = Counter("jobs", "Picture jobs that entered a stage.", ["stage"])
running_jobs = Gauge("running_jobs", "Picture jobs that the tracker follows.")
job_seconds = Histogram(
    "job_seconds",
    "From submit to the end of a picture job.",
    ["verb"],
    buckets=(1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600),
)
gateway_errors = Counter("gateway_errors", "Failed calls to gateways, by kind.", ["service", "kind"])
gateway_requests = Counter("gateway_requests", "Calls to gateways.", ["service", "call"])
work_tasks = Gauge("work_tasks", "Durable tasks that are not finished.")
work_failures = Counter("work_failures", "Tries of durable tasks that failed.", ["kind"])
previews_dropped = Counter("previews_dropped", "Previews left out because the platform's budget was short.")
http_requests = Counter("http_requests", "Requests to the web side.", ["route", "status"])
web_pages = Gauge("web_pages", "Pages of the web chat that are connected.")
