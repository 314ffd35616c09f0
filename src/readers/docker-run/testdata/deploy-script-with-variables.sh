#!/usr/bin/env bash
# Every fact here travels through a variable, an array or a substitution.
set -euo pipefail
NET=monitoring
IMAGE="prom/prometheus:${PROM_VERSION:-v2.53.0}"
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
COMMON=(-d --restart unless-stopped)
COMMON+=(--network "$NET")
export TOKEN=secret

docker network inspect "$NET" >/dev/null 2>&1 || docker network create "$NET"
docker rm -f prometheus 2>/dev/null || true
id=$(docker run "${COMMON[@]}" --name prometheus \
  -p "${PORT:-9090}:9090" \
  -e TOKEN -e REGION='eu-central' \
  -v "$HERE/prometheus.yml:/etc/prometheus/prometheus.yml:ro" \
  "$IMAGE" --config.file=/etc/prometheus/prometheus.yml)
for n in 1 2; do
  sudo docker run "${COMMON[@]}" --name "agent-$n" example/agent
done
cat > later.sh <<'SCRIPT'
docker run --name not-now nginx
SCRIPT
stop() {
  docker stop prometheus
}
