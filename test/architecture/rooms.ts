/**
 * The house as a table: which room may know which, and why. A new room gets a line here first; an import that this table
 * does not allow is either in the wrong place or changes the picture of the house, and then this table and docs/internals/rooms.md.
 */
export interface Room {
  readonly mayImport: readonly string[];
  /** Ends the sentence `… may not import it: <because>`. */
  readonly because: string;
  /** Runs in a browser and without a disk: no module of Node, and of packages only those of `packages`. */
  readonly pure: boolean;
  readonly packages?: readonly string[];
}

export const rooms: Readonly<Record<string, Room>> = {
  core: { mayImport: [], pure: true, because: 'core holds the values that everybody speaks in, so it depends on nothing' },
  config: {
    mayImport: ['core'],
    pure: true,
    packages: ['yaml', 'zod'],
    because: 'what a setting is does not depend on whose setting it is',
  },
  observe: { mayImport: ['core'], pure: false, because: 'everybody logs and counts, so observe/ knows nobody' },
  protocol: {
    mayImport: ['core'],
    pure: true,
    packages: ['@bufbuild/protobuf', 'zod'],
    because: 'what agent and server say to each other is the same bytes on both sides, whoever opens the connection',
  },
  network: { mayImport: ['core'], pure: true, because: 'the model and its words know nothing of who reads, asks or prints' },
  reach: { mayImport: ['core', 'network'], pure: true, because: 'a verdict follows from the model alone: the same model, the same answer' },
  readers: {
    mayImport: ['core', 'network'],
    pure: false,
    because: 'a reader turns what people have into a model; what the model means is not for it to know',
  },
  doctor: {
    mayImport: ['core', 'network', 'readers', 'reach'],
    pure: false,
    because: 'the doctor serves the command line, the server and tests alike, so it knows none of them',
  },
  pipeline: {
    mayImport: ['core', 'config', 'observe'],
    pure: false,
    because: 'records flow the same way whoever runs the pipeline, so it knows neither agent nor server nor network model',
  },
  agent: {
    mayImport: ['core', 'config', 'observe', 'protocol', 'network', 'pipeline'],
    pure: false,
    because: 'an agent runs on every host and stays small: it knows neither readers nor doctor nor server',
  },
  server: {
    mayImport: ['core', 'config', 'observe', 'protocol', 'network', 'readers', 'reach', 'doctor'],
    pure: false,
    because: 'the server knows its agents by what they say to it (protocol/), not by their code',
  },
  cli: {
    mayImport: ['core', 'config', 'observe', 'network', 'readers', 'reach', 'doctor', 'pipeline', 'agent', 'server'],
    pure: false,
    because: 'cli/ holds commands; cli.ts picks one of them',
  },
  'fairlead-agent.ts': {
    mayImport: ['core', 'cli'],
    pure: false,
    because: 'it is the command agent and nothing else, so that a host carries no more',
  },
  'cli.ts': {
    mayImport: ['core', 'cli'],
    pure: false,
    because: 'it only picks the command; what it imports is loaded at every start',
  },
};

/** Rooms whose folders are islands: none imports a sibling, and none imports the index that lists them all. */
export interface Islands {
  readonly parent: string;
  /** Files that are islands too; all other files beside the folders are shared ground. */
  readonly files: readonly string[];
  readonly because: string;
}

export const islands: readonly Islands[] = [
  { parent: 'readers', files: [], because: 'a reader must be removable without touching another one' },
  { parent: 'readers/agents/programs', files: [], because: 'what is known about one program is in one place' },
  { parent: 'doctor/rules', files: [], because: 'a rule is read, tested and switched off alone' },
  {
    parent: 'doctor/report',
    files: ['text.ts', 'json.ts', 'sarif.ts', 'markdown.ts'],
    because: 'a change to one format must not change another one',
  },
  { parent: 'pipeline/sources', files: [], because: 'a source must be removable without touching another one' },
  { parent: 'pipeline/transforms', files: [], because: 'a transform is read, tested and removed alone' },
  { parent: 'pipeline/sinks', files: [], because: 'a sink must be removable without touching another one' },
];

/** Modules of Node that open something, and the places where that is right. A place that ends in `/` is a folder. */
export const onlyHere: readonly {
  readonly modules: readonly string[];
  readonly within: string;
  readonly allowed: readonly string[];
  readonly because: string;
}[] = [
  {
    modules: ['fs', 'fs/promises'],
    within: 'readers',
    allowed: ['readers/files.ts', 'readers/discover.ts', 'readers/engine/'],
    because: 'readers see the disk through the Files they are given, so that a fix can be proven on patched texts',
  },
  {
    modules: ['http', 'https', 'http2', 'net', 'dgram', 'tls', 'dns', 'dns/promises'],
    within: '',
    allowed: ['readers/engine/', 'pipeline/', 'agent/', 'server/', 'cli/api.ts', 'cli/local-agent.ts'],
    because: 'checking files opens no socket but that of a Docker engine; agent and server are there to open them',
  },
  {
    modules: ['child_process', 'cluster', 'worker_threads'],
    within: '',
    allowed: ['agent/health/sd-notify.ts', 'pipeline/sources/journald/'],
    because:
      'nothing starts another program but systemd-notify, which speaks over a kind of socket that Node has not, and journalctl, which reads what only libsystemd can',
  },
];
