docker run -d --name owner -p 8080:80 nginx
docker run -d --name sidecar --network container:owner busybox
docker run -d --name third --net=container:sidecar busybox
docker run -d --name on-host --network host -p 80:80 nginx
docker run -d --name alone --network none busybox
