"""gunicorn as an office runs it: 2 processes of 4 threads, measured in a county of 100 inspectors."""

bind = "0.0.0.0:8000"
worker_class = "gthread"
workers = 2
threads = 4
# Loaded once, before the processes part: one that takes the place of another (max_requests, a crash) answers at once,
# where loading for itself takes seconds in which its callers wait.
preload_app = True
timeout = 60
graceful_timeout = 30
max_requests = 2000
max_requests_jitter = 200
accesslog = "-"
# In memory: a slow disk under a worker's heartbeat file would look like a hung worker.
worker_tmp_dir = "/dev/shm"  # noqa: S108
