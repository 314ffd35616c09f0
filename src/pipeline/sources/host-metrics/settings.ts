/** Settings of the source `host-metrics`. */
import * as z from 'zod';
import { duration } from '../../../config/fields.ts';
import { ofType } from '../../../config/lazily.ts';
import { streamFields } from '../../listening/settings.ts';

export const collectorNames = ['cpu', 'memory', 'load', 'disk', 'filesystem', 'network', 'pressure', 'system'] as const;
export type CollectorName = (typeof collectorNames)[number];

/** Stays a text, so that two settings can be compared. */
const pattern = () =>
  z.string().superRefine((text, context) => {
    try {
      new RegExp(text, 'u');
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    }
  });

export const hostMetricsSettings = ofType('host-metrics', () =>
  z
    .strictObject({
      type: z.literal('host-metrics').describe("Metrics of this machine, under the names of Prometheus' node_exporter."),
      collectors: z
        .array(z.enum(collectorNames))
        .min(1)
        .prefault([...collectorNames])
        .describe('What to measure.')
        .meta({ examples: [['cpu', 'memory', 'load']] }),
      interval: duration({ minMs: 1_000, maxMs: 3_600_000 })
        .prefault('15s')
        .describe('Time between two measurements.')
        .meta({ examples: ['15s'] }),
      procPath: z
        .string()
        .min(1)
        .prefault('/proc')
        .describe("Where the kernel's proc file system is mounted: in a container, the host's.")
        .meta({ examples: ['/host/proc'] }),
      sysPath: z
        .string()
        .min(1)
        .prefault('/sys')
        .describe("Where the kernel's sys file system is mounted: in a container, the host's.")
        .meta({ examples: ['/host/sys'] }),
      rootPath: z
        .string()
        .min(1)
        .prefault('/')
        .describe("Where the root of the file systems is: in a container, the place where the host's is mounted.")
        .meta({ examples: ['/host/root'] }),
      instance: z
        .string()
        .min(1)
        .max(256)
        .optional()
        .describe("The label `instance`. Default: this machine's name.")
        .meta({ examples: ['edge-1'] }),
      job: z
        .string()
        .min(1)
        .max(256)
        .prefault('node')
        .describe('The label `job`.')
        .meta({ examples: ['node'] }),
      ignoreMounts: pattern()
        .prefault('^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)')
        .describe('Regular expression of mount points that are left out.')
        .meta({ examples: ['^/(dev|proc|sys)($|/)'] }),
      ignoreFilesystems: pattern()
        .prefault(
          '^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs)$',
        )
        .describe('Regular expression of file system types that are left out.')
        .meta({ examples: ['^(tmpfs|overlay)$'] }),
      ignoreDisks: pattern()
        .prefault('^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$')
        .describe('Regular expression of disks that are left out.')
        .meta({ examples: ['^(ram|loop)\\d+$'] }),
      ...streamFields(),
    })
    .describe('Measures this machine: processors, memory, load, disks, file systems, network, pressure.'),
);

export type HostMetricsSettings = z.output<typeof hostMetricsSettings>;
