/** Names of severities and facilities (RFC 5424 §6.2.1, tables 1 and 2), as syslog.conf(5) writes them; as JSON strings. */
const severities = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;
const facilities = [
  ...[
    'kern',
    'user',
    'mail',
    'daemon',
    'auth',
    'syslog',
    'lpr',
    'news',
    'uucp',
    'cron',
    'authpriv',
    'ftp',
    'ntp',
    'audit',
    'alert',
    'clock',
  ],
  ...['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
] as const;

/** What a message without a priority has (RFC 3164 §4.3.3): user, notice. */
export const defaultPriority = 13;
/** 23 × 8 + 7 */
export const maxPriority = 191;

/** For each priority: `"severity":"err","facility":"kern"`. */
export const priorityFields: readonly Buffer[] = Array.from({ length: maxPriority + 1 }, (_, priority) =>
  Buffer.from(`"severity":"${severities[priority & 7]}","facility":"${facilities[priority >> 3]}"`),
);
