docker run -d --add-host host.docker.internal:host-gateway -e AGENT_ENDPOINT=http://host.docker.internal:9090 my-monitoring-agent
