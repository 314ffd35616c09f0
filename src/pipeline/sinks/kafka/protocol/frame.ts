/** The frame around every request: size, and the request header (protocol guide, "Request Header" v1 and v2). */
import type { Api } from './apis.ts';
import { isFlexible } from './apis.ts';
import { WireWriter } from './writer.ts';

/** `bodyBytes`: how long what follows the header is. In header v2 the client's name is still in the old form; only the tags are new. */
export function requestHeader(api: Api, version: number, correlation: number, clientId: string, bodyBytes: number): Buffer {
  const writer = new WireWriter().int32(0).int16(api.key).int16(version).int32(correlation).string(clientId);
  if (isFlexible(api, version)) writer.int8(0);
  const header = writer.finish();
  header.writeInt32BE(header.length - 4 + bodyBytes, 0);
  return header;
}
