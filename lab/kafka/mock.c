/*
 * A cluster of librdkafka's mock brokers, driven by lines on stdin; each line is answered by one line on stdout, "R" and the error code (0 is success).
 * It ends with its stdin, so that nothing is left behind when whoever started it dies.
 *
 *   mock BROKERS
 *     -> BOOTSTRAP host:port,host:port,...      in the order of the broker ids, which begin at 1
 *
 *   topic NAME PARTITIONS REPLICAS      creates a topic
 *   leader NAME PARTITION BROKER        -1: nobody leads it
 *   topicerror NAME CODE                what metadata says of it
 *   errors APIKEY CODE [CODE ...]       the next requests of this kind fail so, on any broker; -195 cuts the connection
 *   brokererrors ID APIKEY [CODE RTT ...]  the same on one broker, each with a delay in milliseconds
 *   clear APIKEY                        takes back what `errors` has not handed out yet
 *   down ID | up ID                     -1: all of them
 *   rtt ID MS
 *   apiversion APIKEY MIN MAX           -1 -1: the brokers do not know it
 */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 256

static rd_kafka_mock_cluster_t *cluster;

/* The numbers that follow, at most MOST. */
static int numbers(int *into) {
  int count = 0;
  for (char *word = strtok(NULL, " \n"); word != NULL && count < MOST; word = strtok(NULL, " \n")) into[count++] = atoi(word);
  return count;
}

static int broker_errors(const int *n, int count) {
  for (int at = 2; at + 1 < count; at += 2) {
    int code = rd_kafka_mock_broker_push_request_error_rtts(cluster, n[0], (int16_t)n[1], 1, (rd_kafka_resp_err_t)n[at], n[at + 1]);
    if (code != 0) return code;
  }
  return 0;
}

static int cluster_errors(const int *n, int count) {
  rd_kafka_resp_err_t codes[MOST];
  for (int at = 1; at < count; at++) codes[at - 1] = (rd_kafka_resp_err_t)n[at];
  rd_kafka_mock_push_request_errors_array(cluster, (int16_t)n[0], (size_t)(count - 1), codes);
  return 0;
}

static int with_name(const char *verb, const char *name) {
  int n[MOST];
  int count = numbers(n);
  if (!strcmp(verb, "topic") && count == 2) return rd_kafka_mock_topic_create(cluster, name, n[0], n[1]);
  if (!strcmp(verb, "leader") && count == 2) return rd_kafka_mock_partition_set_leader(cluster, name, n[0], n[1]);
  if (!strcmp(verb, "topicerror") && count == 1) {
    rd_kafka_mock_topic_set_error(cluster, name, (rd_kafka_resp_err_t)n[0]);
    return 0;
  }
  return -1000;
}

static int execute(char *line) {
  int n[MOST];
  char *verb = strtok(line, " \n");
  if (verb == NULL) return -1000;
  if (!strcmp(verb, "topic") || !strcmp(verb, "leader") || !strcmp(verb, "topicerror")) {
    char *name = strtok(NULL, " \n");
    return name == NULL ? -1000 : with_name(verb, name);
  }
  int count = numbers(n);
  if (!strcmp(verb, "errors") && count >= 2) return cluster_errors(n, count);
  if (!strcmp(verb, "brokererrors") && count >= 4) return broker_errors(n, count);
  if (!strcmp(verb, "clear") && count == 1) {
    rd_kafka_mock_clear_request_errors(cluster, (int16_t)n[0]);
    return 0;
  }
  if (!strcmp(verb, "down") && count == 1) return rd_kafka_mock_broker_set_down(cluster, n[0]);
  if (!strcmp(verb, "up") && count == 1) return rd_kafka_mock_broker_set_up(cluster, n[0]);
  if (!strcmp(verb, "rtt") && count == 2) return rd_kafka_mock_broker_set_rtt(cluster, n[0], n[1]);
  if (!strcmp(verb, "apiversion") && count == 3) return rd_kafka_mock_set_apiversion(cluster, (int16_t)n[0], (int16_t)n[1], (int16_t)n[2]);
  return -1000;
}

int main(int argc, char **argv) {
  char reason[512];
  char line[4096];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "log_level", "2", reason, sizeof reason);
  rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
  if (handle == NULL) {
    fprintf(stderr, "%s\n", reason);
    return 1;
  }
  cluster = rd_kafka_mock_cluster_new(handle, argc > 1 ? atoi(argv[1]) : 1);
  printf("BOOTSTRAP %s\n", rd_kafka_mock_cluster_bootstraps(cluster));
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) {
    printf("R %d\n", execute(line));
    fflush(stdout);
  }
  rd_kafka_mock_cluster_destroy(cluster);
  rd_kafka_destroy(handle);
  return 0;
}
