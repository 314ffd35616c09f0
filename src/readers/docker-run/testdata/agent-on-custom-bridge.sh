docker network create --driver bridge agent_network
docker run -d --name agent-1 --network agent_network --network-alias agent --hostname edge-1 example/agent:2.1
docker run -d --name server --network agent_network -p 8081:8080 example/server:2.1
