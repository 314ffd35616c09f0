/** Events: the Kafka sink. */
import type { EventTable } from './event.ts';

export const kafkaEvents = {
  'pipeline.kafka.connected': { level: 'info', sentence: 'connected to broker {broker} from {localAddress}' },
  'pipeline.kafka.unreachable': { level: 'warn', sentence: 'broker {broker} cannot be used: {reason}; it is tried again all the time' },
  'pipeline.kafka.lost': { level: 'info', sentence: 'the connection to broker {broker} ended: {reason}' },
  'pipeline.kafka.no-metadata': { level: 'warn', sentence: 'the cluster cannot be asked for its brokers and partitions: {reason}' },
  'pipeline.kafka.metadata-again': { level: 'info', sentence: 'the cluster answers again after {forMs} ms' },
  'pipeline.kafka.topic-unusable': { level: 'warn', sentence: 'topic {topic} cannot be written: {reason}' },
  'pipeline.kafka.topic-usable': { level: 'info', sentence: 'topic {topic} can be written again after {forMs} ms' },
  'pipeline.kafka.partition-away': { level: 'warn', sentence: 'partition {partition} takes nothing: {reason}' },
  'pipeline.kafka.partition-back': { level: 'info', sentence: 'partition {partition} takes records again after {forMs} ms' },
  'pipeline.kafka.moved': {
    level: 'warn',
    sentence:
      '{records} records that partition {partition} may have taken go to others after {forMs} ms without its leader: some may be there twice',
  },
  'pipeline.kafka.no-producer-id': { level: 'warn', sentence: 'no producer id yet: {reason}' },
  'pipeline.kafka.producer-id': { level: 'debug', sentence: 'the cluster knows this producer as {producerId}' },
  'pipeline.kafka.new-epoch': {
    level: 'warn',
    sentence: 'sequence numbers of partition {partition} begin anew: {reason}; what was under way is sent again and may be there twice',
  },
  'pipeline.kafka.throttled': { level: 'info', sentence: 'broker {broker} asks for a pause of {throttleMs} ms: a quota is used up' },
  'pipeline.kafka.split': { level: 'debug', sentence: 'a batch of {records} records for {partition} is split: {reason}' },
  'pipeline.kafka.dead-lettered': {
    level: 'warn',
    sentence: '{records} records were not taken and are in the dead-letter file, the last one from {source} for {topic}: {reason}',
  },
  'pipeline.kafka.codec': { level: 'warn', sentence: 'the brokers do not know {codec}: batches are compressed with gzip from now on' },
  'pipeline.kafka.too-many-topics': {
    level: 'warn',
    sentence: 'there are {limit} topics already (maxTopics): records for {topic} and further ones go to {instead}',
  },
} as const satisfies EventTable;
