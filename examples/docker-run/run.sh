#!/bin/sh
# A monitoring agent and its exporter, started by hand.

# Names do not resolve on the default bridge: agent-0 will not find node-exporter.
docker run -d --network bridge -p 9100:9100 --name node-exporter prom/node-exporter:v1.6.0
docker run -d --name agent-0 -e SCRAPE_URL=http://node-exporter:9100/metrics my-monitoring-agent

# On a network of their own they do.
docker network create --driver bridge agent_network
docker run -d --name exporter-1 --network agent_network prom/node-exporter:v1.6.0
docker run -d --name agent-1 --network agent_network -e SCRAPE_URL=http://exporter-1:9100/metrics my-monitoring-agent

# The server runs on the host: localhost is the container itself ...
docker run -d --name agent-2 -e AGENT_ENDPOINT=http://localhost:9090 my-monitoring-agent

# ... and this is the way to the host.
docker run -d --name agent-3 --add-host host.docker.internal:host-gateway -e AGENT_ENDPOINT=http://host.docker.internal:9090 my-monitoring-agent
