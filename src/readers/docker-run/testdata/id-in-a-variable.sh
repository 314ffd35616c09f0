docker network create back
CID=$(docker run -d --name ignored alpine)
docker rm -f "$CID"
CID=$(docker run -d nginx)
docker network connect --alias api back $CID
docker network disconnect bridge $CID
docker run -d --name sidecar --network "container:${CID}" busybox
WORKER=`docker create --name worker --network back busybox`
docker start $WORKER
docker pause $WORKER
