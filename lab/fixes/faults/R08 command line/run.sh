docker run -d --name prometheus \
  -p 127.0.0.1:9090:9090 \
  prom/prometheus:v2.53.0
docker run -d --name agent \
  --add-host=host.docker.internal:host-gateway \
  -e AGENT_ENDPOINT=http://host.docker.internal:9090 my-monitoring-agent
