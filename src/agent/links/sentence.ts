/** Errors of Node as a clause for people. */
const clauses: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to its network',
  EADDRNOTAVAIL: 'the local address is not on this host',
  EACCES: 'not permitted by a local firewall',
  EPERM: 'not permitted by a local firewall',
  EMFILE: 'this agent has too many open files',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the resolver does not answer',
  EAI_NODATA: 'the name has no address',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed and not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  EPROTO: 'it does not speak TLS as it should',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
};

/** `connection refused (ECONNREFUSED 192.0.2.7:9092)`; an error without a code speaks for itself. */
export function clauseOf(cause: unknown, where: string): string {
  if (!(cause instanceof Error)) return `${String(cause)} (${where})`;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  if (code === undefined) return cause.message;
  return `${clauses[code] ?? cause.message} (${code} ${where})`;
}
