docker network create --subnet 10.9.0.0/24 --gateway 10.9.0.1 fixed
docker network create auto
docker run -d --name owner nginx
docker run -d --name a1 --network container:owner -p 80:80 --hostname x nginx
docker run -d --name a2 --network host --network fixed nginx
docker run -d --name a3 --ip 172.17.0.9 nginx
docker run -d --name a4 --network auto --ip 172.18.0.9 nginx
docker run -d --name a5 --network fixed --ip 10.8.0.9 nginx
docker run -d --name a6 --network fixed --ip 10.9.0.9 nginx
docker run -d --name a7 --network fixed --ip 10.9.0.9 nginx
docker run -d --name a8 --network fixed --ip 10.9.0.1 nginx
docker run -d --name owner redis
docker run -d --name a9 --network nowhere nginx
docker run -d --name b1 --network-alias web nginx
