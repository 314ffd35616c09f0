import * as z from 'zod';
import { duration } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';
import { condition, operand } from '../../conditions/field.ts';

const metric = () =>
  z
    .strictObject({
      name: z
        .string()
        .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'a metric name: letters, digits, _ and :')
        .describe('Name of the metric.')
        .meta({ examples: ['http_requests_total'] }),
      kind: z
        .enum(['count', 'sum', 'histogram'])
        .describe('count: how many records. sum: the numbers in field, added. histogram: how they are spread over buckets.')
        .meta({ examples: ['histogram'] }),
      field: operand()
        .optional()
        .describe(
          'For sum and histogram, which need it: the field with the number; a text that is a number counts as one. A record without one is not counted, but as an error.',
        )
        .meta({ examples: ['duration_ms'] }),
      when: condition()
        .optional()
        .describe('Only records for which this holds are counted. Default: all.')
        .meta({ examples: ['status >= 500'] }),
      labels: z
        .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label name: letters, digits and _'), operand())
        .prefault({})
        .describe(
          'Label of the metric to the field, or label.NAME of the stream, whose value it gets. A record without the field has the label empty.',
        )
        .meta({ examples: [{ status: 'status', env: 'label.env' }] }),
      buckets: z
        .array(z.number())
        .min(1)
        .max(100)
        .prefault([5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000])
        .describe('For histogram: upper bounds, rising.')
        .meta({ examples: [[10, 100, 1_000]] }),
      help: z
        .string()
        .max(500)
        .prefault('')
        .describe('What the metric says, for people.')
        .meta({ examples: ['Requests, by status.'] }),
      unit: z
        .string()
        .max(60)
        .prefault('')
        .describe('Its unit, in the words of UCUM.')
        .meta({ examples: ['ms'] }),
    })
    .superRefine(({ kind, field, buckets }, context) => {
      if ((kind === 'count') !== (field === undefined))
        context.addIssue({
          code: 'custom',
          path: ['field'],
          message: kind === 'count' ? 'a count has no field' : `${kind} needs the field with the number`,
        });
      if (buckets.some((bound, index) => index > 0 && bound <= (buckets[index - 1] ?? 0)))
        context.addIssue({ code: 'custom', path: ['buckets'], message: 'the bounds do not rise' });
    });

export const aggregateSettings = ofType('aggregate', () =>
  z.strictObject({
    type: z
      .literal('aggregate')
      .describe('Makes metrics of records. Records count as delivered when the metric that they went into is.')
      .meta({ examples: ['aggregate'] }),
    metrics: z
      .array(metric())
      .min(1)
      .max(100)
      .describe('What is counted.')
      .meta({ examples: [[{ name: 'http_requests_total', kind: 'count', labels: { status: 'status' } }]] }),
    every: duration({ minMs: 100, maxMs: 3_600_000 })
      .prefault('10s')
      .describe('How often the metrics are sent; sooner when very many records wait for it.')
      .meta({ examples: ['30s'] }),
    temporality: z
      .enum(['cumulative', 'delta'])
      .prefault('cumulative')
      .describe(
        'cumulative: since the start, as Prometheus counts. delta: since the metric was sent before, as some OTLP receivers want it.',
      )
      .meta({ examples: ['delta'] }),
    maxSeries: z
      .int()
      .min(1)
      .max(100_000)
      .prefault(1_000)
      .describe('Different combinations of label values of each metric at most; all others are counted together, with the labels "other".')
      .meta({ examples: [200] }),
    keepRecords: z
      .boolean()
      .prefault(false)
      .describe('Whether the records go on to the sinks of the route as well; otherwise only the metrics do.')
      .meta({ examples: [true] }),
  }),
);

export type AggregateSettings = z.output<typeof aggregateSettings>;
export type MetricSettings = AggregateSettings['metrics'][number];
