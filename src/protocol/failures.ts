/** What is answered to bytes that are no message: the HTTP status, the WebSocket close code, the OpAMP error. */
import type { WireCode } from './wire.ts';

/** What goes wrong with an HTTP request before there are bytes to decode. */
export type BodyCode = 'content-type' | 'content-encoding' | 'broken-compression' | 'broken-body';

/** 413 and 400 as opamp-go answers; 415 for what RFC 9110 section 15.5.16 says: a type or encoding that we do not take. */
export function httpStatusOf(code: WireCode | BodyCode): 400 | 413 | 415 {
  switch (code) {
    case 'too-large':
      return 413;
    case 'content-type':
    case 'content-encoding':
      return 415;
    case 'broken-compression':
    case 'broken-body':
    case 'truncated':
    case 'malformed':
    case 'too-deep':
    case 'too-many-fields':
    case 'bad-header':
    case 'bad-uid':
      return 400;
    default:
      return code satisfies never;
  }
}

/** RFC 6455 section 7.4.1: 1002 protocol error, 1007 data that does not fit its type, 1008 policy, 1009 too big. */
export function closeCodeOf(code: WireCode): 1002 | 1007 | 1008 | 1009 {
  switch (code) {
    case 'too-large':
      return 1009;
    case 'bad-header':
      return 1002;
    case 'too-deep':
    case 'too-many-fields':
    case 'bad-uid':
      return 1008;
    case 'truncated':
    case 'malformed':
      return 1007;
    default:
      return code satisfies never;
  }
}

/** `application/x-protobuf`, parameters allowed: the one type of OpAMP over HTTP. Anything else on its path is a WebSocket upgrade or wrong. */
export const opampContentType = 'application/x-protobuf';

export function isOpampContentType(header: string | undefined): boolean {
  return header?.split(';', 1)[0]?.trim().toLowerCase() === opampContentType;
}
