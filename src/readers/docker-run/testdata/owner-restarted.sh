docker run -d --name owner -p 8080:80 nginx
docker run -d --name sidecar --network container:owner busybox
docker run -d --name second --network container:owner busybox
docker run -d --name third --network container:sidecar busybox
docker run -d --name later --network container:owner busybox
docker restart owner
docker restart later
docker run -d --name again --network container:owner busybox
docker run -d --name short nginx
docker run -d --name gone --network container:short busybox
docker rm -f short
