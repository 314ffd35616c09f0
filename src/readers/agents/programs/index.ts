import type { Program } from '../program.ts';
import { alertmanager } from './alertmanager/alertmanager.ts';
import { alloy } from './alloy/alloy.ts';
import { commandArguments } from './arguments/arguments.ts';
import { beats } from './beats/beats.ts';
import { commandLine } from './command-line/command-line.ts';
import { datadog } from './datadog/datadog.ts';
import { environment } from './environment/environment.ts';
import { exporterTargets } from './exporter-targets/exporter-targets.ts';
import { fluentBit } from './fluent-bit/fluent-bit.ts';
import { fluentd } from './fluentd/fluentd.ts';
import { grafana } from './grafana/grafana.ts';
import { images } from './images/images.ts';
import { jaeger } from './jaeger/jaeger.ts';
import { kafka } from './kafka/kafka.ts';
import { loggingDriver } from './logging-driver/logging-driver.ts';
import { loki } from './loki/loki.ts';
import { nginx } from './nginx/nginx.ts';
import { opentelemetryCollector } from './opentelemetry-collector/opentelemetry-collector.ts';
import { opentelemetrySdk } from './opentelemetry-sdk/opentelemetry-sdk.ts';
import { prometheus } from './prometheus/prometheus.ts';
import { promtail } from './promtail/promtail.ts';
import { redpanda } from './redpanda/redpanda.ts';
import { telegraf } from './telegraf/telegraf.ts';
import { tempo } from './tempo/tempo.ts';
import { vector } from './vector/vector.ts';
import { victoriaMetrics } from './victoria-metrics/victoria-metrics.ts';
import { zabbixAgent } from './zabbix-agent/zabbix-agent.ts';

/** Programs that an image or their own variables give away. */
const known: readonly Program[] = [
  alertmanager,
  alloy,
  beats,
  datadog,
  exporterTargets,
  fluentBit,
  fluentd,
  grafana,
  jaeger,
  kafka,
  loki,
  nginx,
  opentelemetryCollector,
  opentelemetrySdk,
  prometheus,
  promtail,
  redpanda,
  telegraf,
  tempo,
  vector,
  victoriaMetrics,
  zabbixAgent,
];

/** In the order in which they are asked: the more a program knows the earlier, conventions last. */
export const programs: readonly Program[] = [...known, images, commandLine, loggingDriver, commandArguments, environment];
