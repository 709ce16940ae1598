# SPDX-License-Identifier: Apache-2.0

"""nginx before a registry: TLS with HTTP/2 offered, tokens, redirects to a storage host, quotas and habits."""

import json
import os
import shutil
import signal
import subprocess
import time

#: A log line: when the answer ended and how long it took in seconds, and over which connection.
FRAME = """master_process off;
daemon off;
user root;
worker_rlimit_nofile 16384;
pid {folder}/pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
http {{
  log_format line escape=json '{{"end":$msec,"took":$request_time,"host":"$host","method":"$request_method","uri":"$request_uri",'
    '"status":$status,"in":$request_length,"out":$body_bytes_sent,"connection":$connection,"protocol":"$server_protocol",'
    '"resumed":"$ssl_session_reused"}}';
  access_log {folder}/access.log line;
  client_body_temp_path {folder}/bodies;
  proxy_temp_path {folder}/answers;
  sendfile on;
  tcp_nopush on;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:tls:4m;
  large_client_header_buffers 8 32k;
  client_max_body_size 0;
  http2_body_preread_size 4m;
{body}
}}
"""

SERVER = """
  server {{
    listen {address}:443 ssl http2;
    server_name {name};
    ssl_certificate {certificate.chain};
    ssl_certificate_key {certificate.key};
{body}
  }}
"""

#: Who may ask what: a token names the end of its life, its signature and its scopes (`clerk.Realm`).
TOKENS = r"""
  map $http_authorization $pass_until { default ""; "~^[Bb]earer (?<until>\d+)\.[\w-]+\.\S*$" $until; }
  map $http_authorization $pass_signature { default ""; "~^[Bb]earer \d+\.(?<signature>[\w-]+)\.\S*$" $signature; }
  map $http_authorization $pass_scopes { default ""; "~^[Bb]earer \d+\.[\w-]+\.(?<scopes>\S*)$" $scopes; }
  map $request_uri $repository {
    default "";
    "~^/v2/(?<of_api>[^?]+)/(?:manifests|blobs|tags|referrers)/" $of_api;
    "~^/artifacts-uploads/(?<of_upload>[^?]+)/uploads/" $of_upload;
  }
  map $request_method $need { default w; GET r; HEAD r; DELETE d; }
  map $request_method $actions { default pull,push; GET pull; HEAD pull; DELETE delete; }
  map "$need $repository $pass_scopes" $granted {
    default 0;
    "~^\w  " 1;
    "~^(\w) (\S+) (?:\S*\+)?\2~\w*\1" 1;
  }
  map "$secure_link $granted" $pass { default 0; "1 1" 1; }
  map $repository $scope { default ',scope="repository:$repository:$actions"'; "" ""; }
  map "" $padding { default %(padding)s; }
  map $pass $challenge { default ""; 0 'Bearer realm="%(realm)s",service="%(service)s"$scope'; }
"""

PROXIES = """
  upstream registry {{ server {registry}; keepalive 64; }}
  upstream clerk {{ server {clerk}; keepalive 64; }}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-Proto https;
  proxy_request_buffering off;
  proxy_max_temp_file_size 0;
  proxy_buffer_size 32k;
  proxy_buffers 8 32k;
  proxy_busy_buffers_size 64k;
  proxy_read_timeout 600s;
"""

GUARD = """
      if ($pass = 0) { return 401 '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}'; }
"""

#: A location with one of its own needs all of them.
FIELDS = """
      add_header WWW-Authenticate $challenge always;
      add_header Docker-Distribution-Api-Version registry/2.0 always;
"""

#: The registry's own host.
REGISTRY = r"""
    secure_link $pass_signature,$pass_until;
    secure_link_md5 "%(secret)s $pass_until $pass_scopes";
%(fields)s
    proxy_hide_header Docker-Distribution-Api-Version;
    default_type application/json;
    %(locations)s
    location / {%(guard)s      proxy_pass http://registry;
    }
    location ~ ^/v2/.+/manifests/ {%(guard)s%(quota)s      proxy_pass http://registry;
    }
    location ~ ^/v2/(?<name>.+)/blobs/(?<algorithm>sha\d+):(?<two>..)(?<rest>[0-9a-f]+)$ {%(guard)s
      set $stored "";
      if (-f %(storage)s/%(layer_file)s) { set $stored $request_method; }
      if ($stored = GET) { return 307 https://%(storage_host)s/$algorithm/$two$rest?Expires=2000000000&Signature=%(secret)s; }
      proxy_pass http://registry;
    }
    location ~ ^/v2/.+/blobs/uploads/ {%(guard)s%(pieces)s
      if ($arg_mount) { rewrite ^ /mount$uri last; }
      proxy_pass http://registry;
    }
    location /mount/ {
      internal;
      auth_request /clerk/mount;
      error_page 403 = @unmounted;
      rewrite ^/mount(.*)$ $1 break;
      proxy_pass http://registry;
    }
    location @unmounted { proxy_pass http://registry$uri; }
    location = /clerk/mount {
      internal;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header X-Scopes $pass_scopes;
      proxy_set_header X-Repository $repository;
      proxy_set_header X-Realm "%(realm)s";
      proxy_set_header X-Mount $arg_mount;
      proxy_set_header X-From $arg_from;
      proxy_pass http://clerk/mount;
    }
"""

#: Docker Hub tells what is left with every manifest, and answers a text that is no error document.
QUOTA_FIELDS = """
      add_header ratelimit-limit $pulls_limit always;
      add_header ratelimit-remaining $pulls_left always;
      add_header docker-ratelimit-source 192.0.2.1 always;
"""
QUOTA = f"""
      auth_request /clerk/pull;
      auth_request_set $pulls_limit $upstream_http_ratelimit_limit;
      auth_request_set $pulls_left $upstream_http_ratelimit_remaining;
      error_page 403 = @used-up;{FIELDS}{QUOTA_FIELDS}"""
USED_UP = """
    location = /clerk/pull {
      internal;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header X-Method $request_method;
      proxy_pass http://clerk/pull;
    }
    location @used-up {""" + QUOTA_FIELDS + """      default_type text/plain;
      return 429 "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit";
    }
"""

#: A body with Content-Range is a piece.
NO_PIECES = """
      if ($http_content_range) { return 400 '{"errors":[{"code":"BLOB_UPLOAD_INVALID","message":"chunked uploads are not supported"}]}'; }
"""
#: Uploads have a path of their own, and URLs of thousands of characters.
LONG_LOCATIONS = r"""
    proxy_redirect ~^https?://[^/]+/v2/(.+)/blobs/uploads/([^?]+)\?(.*)$ https://$host/artifacts-uploads/$1/uploads/$2?$3&upload_state=$padding$padding;
    location ~ ^/artifacts-uploads/(?<of>.+)/uploads/(?<session>.+)$ {%(guard)s%(pieces)s
      rewrite ^ /v2/$of/blobs/uploads/$session break;
      proxy_pass http://registry;
    }
"""

TOKEN_SERVICE = """
    location = {path} {{ proxy_pass http://clerk/token; }}
"""

#: A signed URL is enough here, and a login is too much, as at S3 and its like.
STORAGE = r"""
    location ~ ^/(?<algorithm>sha\d+)/(?<two>..)(?<rest>[0-9a-f]+)$ {
      if ($http_authorization) { return 400 "<Error><Code>InvalidArgument</Code></Error>"; }
      if ($arg_Signature != "%(secret)s") { return 403 "<Error><Code>SignatureDoesNotMatch</Code></Error>"; }
      default_type application/octet-stream;
      alias %(storage)s/%(blob_file)s;
    }
"""


class Nginx:
    """One nginx process with servers of its own, as long as the `with` statement it is used in lasts."""

    def __init__(self, folder, body):
        self.folder = folder
        os.makedirs(folder)
        self.log_path = os.path.join(folder, "access.log")
        self.configuration = os.path.join(folder, "nginx.conf")
        with open(self.configuration, "w") as file:
            file.write(FRAME.format(folder=folder, body=body))
        self._mark = 0

    def __enter__(self):
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
        if not program:
            raise SystemExit("error: nginx is not here, which a road needs; on Debian: apt-get install nginx-light")
        command = [program, "-p", self.folder, "-c", self.configuration, "-e", os.path.join(self.folder, "error.log")]
        self._output = open(os.path.join(self.folder, "output"), "wb")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output)
        self._wait_until_it_listens()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self._output.close()

    def _wait_until_it_listens(self):
        """nginx writes its process id once it listens."""
        deadline = time.monotonic() + 20
        while not os.path.exists(os.path.join(self.folder, "pid")):
            if self.process.poll() is not None or time.monotonic() > deadline:
                texts = [open(os.path.join(self.folder, name), errors="replace").read() for name in ("output", "error.log")]
                raise RuntimeError(f"nginx did not start (exit {self.process.poll()}):\n{''.join(texts)[-2000:]}")
            time.sleep(0.02)

    def mark(self):
        """Forgets requests so far."""
        self._mark = os.path.getsize(self.log_path)

    def requests(self):
        """The log's lines since the mark."""
        with open(self.log_path, "rb") as log:
            log.seek(self._mark)
            return [json.loads(line) for line in log]
