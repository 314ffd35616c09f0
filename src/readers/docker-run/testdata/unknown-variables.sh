docker run -d --name web -p "$WEB_PORT:80" --network "$NETWORK" nginx
docker run -d --name api $EXTRA_FLAGS -p 8080:80 "$REGISTRY/api:$TAG"
