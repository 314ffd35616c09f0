// The peer in C: reads a file, finds lines with memchr, produces each, and ends when all are acknowledged by all replicas.
// librdkafka BROKERS TOPIC FILE CODEC: gcc -O2 librdkafka.c -lrdkafka
#include <errno.h>
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static long delivered, failed;

static void on_report(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque) {
  (void)kafka, (void)opaque;
  if (message->err) failed++;
  else delivered++;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char why[512];
  if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) {
    fprintf(stderr, "%s: %s\n", name, why);
    exit(1);
  }
}

int main(int count, char **words) {
  if (count != 5) return 2;
  char why[512];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", words[1]);
  set(conf, "acks", "all");
  // Without idempotence, which makes it 5 % faster.
  set(conf, "enable.idempotence", "false");
  set(conf, "compression.codec", words[4]);
  if (strcmp(words[4], "none")) set(conf, "compression.level", "1");
  // As fast as it goes: large batches, a deep queue, no partitioner that chooses anew for each message.
  set(conf, "linger.ms", "5");
  set(conf, "batch.size", "1000000");
  set(conf, "batch.num.messages", "10000");
  set(conf, "queue.buffering.max.messages", "500000");
  set(conf, "queue.buffering.max.kbytes", "131072");
  rd_kafka_conf_set_dr_msg_cb(conf, on_report);
  rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
  if (!kafka) return fprintf(stderr, "%s\n", why), 1;
  rd_kafka_topic_t *topic = rd_kafka_topic_new(kafka, words[2], NULL);

  const int file = open(words[3], O_RDONLY);
  if (file < 0) return fprintf(stderr, "%s: %s\n", words[3], strerror(errno)), 1;
  const size_t room = 1 << 20;
  char *bytes = malloc(room);
  size_t kept = 0;
  long produced = 0;
  for (ssize_t got; (got = read(file, bytes + kept, room - kept)) > 0;) {
    char *line = bytes, *const end = bytes + kept + got;
    for (char *newline; (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1, produced++)
      while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, line, (size_t)(newline - line), NULL, 0, NULL) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) return fprintf(stderr, "%s\n", rd_kafka_err2str(rd_kafka_last_error())), 1;
        rd_kafka_poll(kafka, 10);
      }
    kept = (size_t)(end - line);
    memmove(bytes, line, kept);
    rd_kafka_poll(kafka, 0);
  }
  rd_kafka_flush(kafka, 120000);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  printf("{\"produced\":%ld,\"delivered\":%ld,\"failed\":%ld,\"cpuSeconds\":%.3f,\"peakKiB\":%ld}\n", produced, delivered, failed, cpu, usage.ru_maxrss);
  return delivered == produced ? 0 : 1;
}
