docker network create front
docker network create back
docker run -d --name web --network front nginx
docker run -d --name db --network back postgres
docker run -d --name old --network back redis
docker network connect --alias website --ip 10.1.0.5 back web
docker network disconnect front web
docker stop db
docker rm -f old
docker run -d --name old --network front redis:7
docker network rm unused
