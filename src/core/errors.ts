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
  FAIRLEAD_TIMEOUT: {
    message: '{what} took longer than {limit}',
    hint: 'check fewer files at once, or raise the limit with --timeout',
    exitCode: 3,
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** Thrown when going on is impossible; everything else that a user can expect is a value. */
export class FairleadError extends Error {
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
