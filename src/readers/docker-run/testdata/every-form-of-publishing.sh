docker run -p 80 --name one-port img
docker run -p 8080:80/udp --name udp img
docker run -p 127.0.0.1:8081:80 -p [::1]:8081:80 --name addresses img
docker run -p 9000-9001:80-81 --name ranges img
docker run -p 9100-9110:90 --name choice img
docker run -itp8082:80 --publish=8083:80/sctp --name joined img
docker run -p published=8084,target=80,protocol=tcp --name long img
docker run -p 127.0.0.1::80 -p 0:81 --name engine-picks img
