/**
 * OTLP's messages and services, as generated from the .proto files beside this one: for the OTLP source, for answers that the sink reads,
 * and for tests. What the sink sends is written by hand (writer.ts), without a tree of objects.
 */
export {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
  ExportLogsServiceResponseSchema,
  LogsService,
} from './generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
export {
  type ExportMetricsServiceRequest,
  ExportMetricsServiceRequestSchema,
  ExportMetricsServiceResponseSchema,
  MetricsService,
} from './generated/opentelemetry/proto/collector/metrics/v1/metrics_service_pb.js';
export type {
  AnyValue,
  InstrumentationScope,
  KeyValue,
} from './generated/opentelemetry/proto/common/v1/common_pb.js';
export { type LogRecord, LogRecordSchema } from './generated/opentelemetry/proto/logs/v1/logs_pb.js';
export {
  AggregationTemporality,
  DataPointFlags,
  type ExponentialHistogramDataPoint,
  type HistogramDataPoint,
  type Metric,
  type NumberDataPoint,
  type SummaryDataPoint,
} from './generated/opentelemetry/proto/metrics/v1/metrics_pb.js';
export type { Resource } from './generated/opentelemetry/proto/resource/v1/resource_pb.js';
