docker run -d --network bridge -p 9100:9100 --name node-exporter prom/node-exporter:v1.6.0
