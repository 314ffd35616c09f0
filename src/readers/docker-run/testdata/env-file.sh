export PASSED_ON=here
docker run -d --env-file settings.env -e INDENTED=again -e NOT_EXPORTED example/agent
