/** Snappy's block format, without frames, as Loki and Prometheus ask for it. */
import { snappyCompress } from '@platformatic/wasm-utils/bundled';

export const snappy = (body: Buffer): Buffer => snappyCompress(body);
