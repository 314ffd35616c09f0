/**
 * What a user can get wrong, or what makes going on impossible, as a public table: code, message, hint and exit code.
 * The page docs/reference/errors.md is generated from it.
 */
export interface ErrorEntry {
  /** `{name}` is replaced by the detail of that name. */
  readonly message: string;
  readonly hint: string;
  readonly exitCode: 2 | 3;
}

export const errorTable = {
  FAIRLEAD_USAGE: { message: '{problem}', hint: '{hint}', exitCode: 2 },
  FAIRLEAD_INPUT_NOT_FOUND: {
    message: '{path}: no such file or directory',
    hint: 'check the path; without a path, the working directory is searched',
    exitCode: 2,
  },
  FAIRLEAD_INPUT_UNREADABLE: { message: '{path}: cannot be read: {reason}', hint: 'check its permissions', exitCode: 2 },
  FAIRLEAD_NOTHING_TO_CHECK: {
    message: 'nothing to check in {path}',
    hint: 'name a Compose file, a script or Markdown page with docker commands, the JSON of docker inspect, or use --engine',
    exitCode: 2,
  },
  FAIRLEAD_CONFIG_INVALID: { message: '{at} {problem}', hint: '{hint}', exitCode: 2 },
  FAIRLEAD_UNKNOWN_ENDPOINT: { message: '"{name}" is neither a container nor a service of the input', hint: '{hint}', exitCode: 2 },
  FAIRLEAD_ENGINE_UNREACHABLE: {
    message: 'the Docker engine at {socket} does not answer: {reason}',
    hint: 'check that it runs and that you may read its socket; name another with --engine SOCKET',
    exitCode: 3,
  },
  FAIRLEAD_DATA_DIR: {
    message: 'the data folder {path} cannot be used: {reason}',
    hint: 'name one that this user may write to, with --data or dataDir',
    exitCode: 3,
  },
  FAIRLEAD_LISTEN: {
    message: '{what} cannot listen on {address}: {reason}',
    hint: '{hint}',
    exitCode: 3,
  },
  FAIRLEAD_NO_SERVER: {
    message: 'no server is known: {reason}',
    hint: 'start one with fairlead up, or name the context file that a server wrote: --context FILE or FAIRLEAD_CONTEXT=FILE',
    exitCode: 2,
  },
  FAIRLEAD_SERVER_UNREACHABLE: {
    message: 'the server at {url} does not answer: {reason}',
    hint: 'check that it runs (fairlead server, fairlead up) and that its API listens on an address that you can reach',
    exitCode: 3,
  },
  FAIRLEAD_REFUSED: { message: '{message}', hint: '{hint}', exitCode: 2 },
  FAIRLEAD_TIMEOUT: {
    message: '{what} took longer than {limit}',
    hint: 'check fewer files at once, or raise the limit with --timeout',
    exitCode: 3,
  },
  FAIRLEAD_STORE_IN_USE: {
    message: '{path}: the database is used by another server{owner}',
    hint: 'stop that server first, or give this one a data folder of its own',
    exitCode: 3,
  },
  FAIRLEAD_STORE_NEWER: {
    message: '{path}: the database was written by a newer version (format {found}, this version knows {known}); nothing was changed',
    hint: 'start the newer version again, or restore the copy that was made before the update',
    exitCode: 3,
  },
  FAIRLEAD_STORE_FOREIGN: {
    message: '{path}: this file is a database of another program; nothing was changed',
    hint: 'name another file',
    exitCode: 2,
  },
  FAIRLEAD_STORE_CORRUPT: {
    message: '{path}: the database is damaged: {reason}',
    hint: 'keep the file for a look at it, and restore a backup; agents keep their configurations and certificates meanwhile',
    exitCode: 3,
  },
  FAIRLEAD_STORE_UNREADABLE: {
    message: '{path}: the database cannot be opened: {reason}',
    hint: 'check that the folder is there and that this user may write to it',
    exitCode: 3,
  },
  FAIRLEAD_STORE_FULL: {
    message: '{path}: there is no room for the change; nothing was changed',
    hint: 'make room on the disk, or raise the limit of the database; the next change is tried anew',
    exitCode: 3,
  },
  FAIRLEAD_STORE_FAILED: {
    message: '{path}: the disk failed: {reason}; {outcome}',
    hint: 'look at the disk and at the kernel log, then start the server again',
    exitCode: 3,
  },
  FAIRLEAD_STORE_BUSY: {
    message: 'the store has {waiting} changes waiting and takes no more at the moment; nothing was changed',
    hint: 'try again later; when it lasts, the disk is too slow',
    exitCode: 3,
  },
  FAIRLEAD_STORE_INVALID: { message: 'the store takes no such change: {problem}', hint: 'this is a bug: report it', exitCode: 3 },
  FAIRLEAD_STORE_LEASE_GONE: {
    message: 'the lease {lease} has expired; nothing was changed',
    hint: 'take a new lease',
    exitCode: 3,
  },
  FAIRLEAD_STORE_COMPACTED: {
    message: 'revision {after} is older than the history that is kept (from {oldest} on)',
    hint: 'list again, and watch from the revision of that listing',
    exitCode: 3,
  },
  FAIRLEAD_STORE_CLOSED: { message: 'the store is closed', hint: 'the server is stopping; try again when it is back', exitCode: 3 },
  FAIRLEAD_AGENT_PLANE: {
    message: '{problem}',
    hint: 'name an address or interface of this host, or leave the plane out to let the routing table decide',
    exitCode: 3,
  },
  FAIRLEAD_NO_AGENT: {
    message: 'no agent of this machine was found: {reason}',
    hint: 'start one (fairlead up, or fairlead agent --config FILE), run this as its user, or name its data folder with --data',
    exitCode: 3,
  },
  FAIRLEAD_AGENT_ANSWER: {
    message: 'the agent cannot answer: {reason}',
    hint: 'fairlead agent top shows what it runs',
    exitCode: 2,
  },
  FAIRLEAD_AGENT_DATA_DIR: {
    message: '{path}: {reason}',
    hint: 'give the agent a folder of its own that it may write: identity.dataDir',
    exitCode: 3,
  },
  FAIRLEAD_AGENT_DATA_DIR_IN_USE: {
    message: '{path} belongs to another agent that runs: {holder}',
    hint: 'give each agent a folder of its own with identity.dataDir',
    exitCode: 3,
  },
  FAIRLEAD_AGENT_IDENTITY_UNREADABLE: {
    message: '{path} does not hold an identity that can be used: {reason}',
    hint: 'put it back from a backup; or move it away and give the agent a new token, and the server will see a new agent',
    exitCode: 3,
  },
  FAIRLEAD_AGENT_CREDENTIAL: { message: '{path}: {reason}', hint: '{hint}', exitCode: 3 },
  FAIRLEAD_CA_KEY_FILE: {
    message: '{path}: the key file of the certificate authority cannot be used: {reason}',
    hint: 'it holds 64 hexadecimal digits; make one with: openssl rand -hex 32',
    exitCode: 2,
  },
  FAIRLEAD_CA_KEY_SEALED: {
    message: 'the key of the certificate authority is sealed, {reason}',
    hint: 'name the file that it was sealed under as ca.keyEncryptionFile; without it no certificate can be issued',
    exitCode: 2,
  },
  FAIRLEAD_CA_DAMAGED: {
    message: 'the certificate authority in the store cannot be read: {reason}',
    hint: 'restore the database from a backup; a new authority would mean that every agent has to enrol again',
    exitCode: 3,
  },
  FAIRLEAD_AGENT_JOURNAL: {
    message: 'the outage journal {path} cannot be used: {reason}',
    hint: 'check the folder of identity.dataDir; a journal that is not worth keeping may be moved away while the agent is stopped',
    exitCode: 3,
  },
  FAIRLEAD_AGENT_HEALTH_ADDRESS: {
    message: 'health.listen {address} cannot be used: {reason}',
    hint: '{hint}',
    exitCode: 3,
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** The bundles of one program each hold a copy of this class: what one throws, the other must know. */
const brand = Symbol.for('fairlead.error');

/** Thrown when going on is impossible; everything else that a user can expect is a value. */
export class FairleadError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }

  readonly [brand] = true;
  override readonly name = 'FairleadError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly exitCode: 2 | 3;
  readonly details: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, details: Readonly<Record<string, string>> = {}, options: { readonly cause?: unknown } = {}) {
    const entry: ErrorEntry = errorTable[code];
    super(fill(entry.message, details), options);
    this.code = code;
    this.hint = fill(entry.hint, details);
    this.exitCode = entry.exitCode;
    this.details = details;
  }
}

function fill(template: string, details: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => details[name] ?? whole);
}
