#!/bin/sh
# The host publishes 8081; Consul (services.json) was told 8080.
docker run -d --name orders -p 8081:8080 --expose 8080 example.org/orders:2.0
